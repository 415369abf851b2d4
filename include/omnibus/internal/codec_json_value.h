// A JSON message while it is being read: a cursor that stands on one value at a time. Not for
// applications.
//
// What it reads is strict JSON (RFC 8259) in UTF-8, also in what is skipped. Every function that
// can fail returns false, and keeps the first error, with the path of the value that it is about;
// nothing more may then be read. The parser behind it is not seen here: parsers are costly to
// compile, and may change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "omnibus/decimal.h"
#include "omnibus/timestamp.h"
#include "omnibus/uuid.h"

namespace omnibus {

// Thread-safety: none. Made to be used again: buffers are kept from one message to the next.
class JsonValue {
 public:
  JsonValue();
  ~JsonValue();
  JsonValue(const JsonValue&) = delete;
  JsonValue& operator=(const JsonValue&) = delete;

  // Copies `text`, and stands on its outermost value, which must be an object. `root` is that
  // object's own path, and outlives the reading; it may be empty.
  bool Start(std::string_view text, std::string_view root = {});

  // The outermost object has been read to its end: there must be nothing behind it.
  bool Finish();

  bool ok() const;
  absl::Status status() const;  // kInvalidArgument: `path: what is wrong`

  // What the value is that it stands on. These read nothing.
  bool IsNull() const;
  bool IsString() const;

  // Each reads the value that it stands on.
  bool Read(bool& value);
  bool Read(double& value);
  bool Read(std::string& value);
  bool Read(Uuid& value);
  bool Read(Timestamp& value);
  bool Read(Decimal& value);
  bool ReadInteger(std::int64_t min, std::int64_t max, std::int64_t& value);
  bool ReadUnsigned(std::uint64_t max, std::uint64_t& value);
  bool ReadText(std::string_view& value);  // a string, valid until the next call of anything

  // Reads any value, and checks all of it.
  bool Skip();
  // The same, and gives its text, which is valid until the next Start().
  bool Skip(std::string_view& text);

  //   if (!value.BeginObject()) return false;
  //   while (value.NextField(name)) ...read the field's value, or skip it...
  //   return value.ok();
  // `name` is valid until the field's value has been read.
  bool BeginObject();
  bool NextField(std::string_view& name);
  bool BeginArray();
  bool NextElement();

  // Errors about the value that it stands on. All return false.
  bool Fail(std::string_view what);              // path: what
  bool FailExpected(std::string_view expected);  // path: expected X, found Y
  bool FailMissing(std::string_view field);      // path.field: missing, of the object just read

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace omnibus
