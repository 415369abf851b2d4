// Settings that more than one service has.
#pragma once

#include <string>
#include <string_view>

#include "omnibus/configuration.h"

namespace domain_support {

// `http: 127.0.0.1:8080`: where the front door listens. Left out: no front door.
void ReadHttp(omnibus::SettingsReader& reader, std::string& address);

// "places[2]", for the reader of an item of a list.
std::string ItemName(std::string_view list, std::size_t index);

}  // namespace domain_support
