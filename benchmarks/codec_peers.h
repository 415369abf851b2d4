// The other libraries, each in a source of its own, which is built where the library is found. They
// get the same messages, with uuids and times as plain values and our own quick texts of these.
#pragma once

namespace benchmarks {

void RegisterPeers();  // those that are there

void RegisterGlaze();
void RegisterSimdjson();
void RegisterRapidJson();
void RegisterBoostJson();
void RegisterNlohmann();

}  // namespace benchmarks
