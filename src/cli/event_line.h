// An event as one line, for people or for programs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/json_line.h"
#include "envelope/envelope_codec.h"
#include "omnibus/domain.h"
#include "omnibus/transport.h"

namespace omnibus::cli {

inline constexpr char kBold[] = "\033[1m";
inline constexpr char kDim[] = "\033[2m";
inline constexpr char kRed[] = "\033[31m";
inline constexpr char kPlain[] = "\033[0m";

// Whether standard output is a terminal, whose user wants colours.
bool OutputIsColoured();

// The text without control characters: these would play with the terminal.
std::string Printable(std::string_view text);

// An event as an object, to which more may be added. `payload` is JSON in one line.
JsonLine EventObject(std::string_view channel, const Metadata& metadata, std::string_view payload);

// Thread-safety: none.
class EventLines {
 public:
  // `domains` outlive it.
  EventLines(const std::vector<Domain>& domains, std::string channel, Dialect dialect, bool json);

  // Without its end. What cannot be decoded is a line too, with what is wrong and the body.
  std::string Of(const ReceivedMessage& message);

 private:
  std::string AsText(const ReceivedMessage& message, const absl::Status& read) const;
  std::string AsJson(const ReceivedMessage& message, const absl::Status& read) const;
  // The payload as it came, in one line; nothing when it cannot be told from the rest.
  std::string PayloadOf(const ReceivedMessage& message) const;

  const std::vector<Domain>& domains_;
  const std::string channel_;
  const Dialect dialect_;
  const bool json_;
  const bool coloured_;
  EnvelopeReader reader_;
};

}  // namespace omnibus::cli
