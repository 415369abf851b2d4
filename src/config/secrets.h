// Keeps passwords out of errors, logs and listings.
#pragma once

#include <string>
#include <string_view>

namespace omnibus {

// Whether the value of a key of this name is not for other people's eyes: it contains password,
// secret, token, key or credential, in any case.
bool IsSecretName(std::string_view name);

// The same text, with the user information of a URL (amqp://user:password@host) replaced by three
// asterisks.
std::string WithoutCredentials(std::string_view text);

// What an error shows of a value that it found: quoted, without credentials, and clipped.
std::string Quoted(std::string_view text);

// `message` without `value`, however it was quoted in it.
std::string WithoutValue(std::string message, std::string_view value);

}  // namespace omnibus
