#include "lincheck/json_lines.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <istream>
#include <ostream>
#include <utility>

#include "base/overload.hpp"

namespace holdfast::lincheck {

namespace {

namespace json = boost::json;

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kFields[] = {"client", "op",     "key",  "keys",   "value",  "values",
                                        "by",     "output", "call", "return", "expires"};

// How many bytes the UTF-8 character at the front of `bytes` has, 0 if there is none: as the
// Unicode standard's table 3-7 says, so neither surrogates nor long forms.
std::size_t utf8_character(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || bytes.size() < size) return 0;
  const unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  }
  return size;
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t size = utf8_character(bytes);
    if (size == 0) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

json::value to_json(const std::string& bytes) {
  if (is_utf8(bytes)) return json::string(bytes);
  std::string hex;
  for (const char byte : bytes) {
    const auto code = static_cast<unsigned char>(byte);
    hex += {kHexDigits[code >> 4], kHexDigits[code & 15]};
  }
  return json::object{{"hex", hex}};
}

json::value to_json(const Found& found) {
  return found ? to_json(*found) : json::value(nullptr);
}

template <class T>
json::array to_json(const std::vector<T>& items) {
  json::array array;
  for (const T& item : items) array.push_back(to_json(item));
  return array;
}

std::optional<std::string> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const std::size_t high = kHexDigits.find(hex[i]);
    const std::size_t low = kHexDigits.find(hex[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

// The fields of one line. The first thing that is wrong is kept in `error`; what is read from then
// on is empty.
class Fields {
 public:
  explicit Fields(const json::object& object) : object_(object) {
    for (const auto& field : object_) {
      const std::string_view name(field.key().data(), field.key().size());
      if (std::find(std::begin(kFields), std::end(kFields), name) == std::end(kFields)) {
        fail("there is no field '" + std::string(name) + "'");
      }
    }
  }

  const std::string& error() const { return error_; }
  void fail(std::string reason) {
    if (error_.empty()) error_ = std::move(reason);
  }

  const json::value* find(std::string_view name) const {
    return object_.if_contains(json::string_view(name.data(), name.size()));
  }

  std::uint64_t client() {
    const json::value* value = find("client");
    if (value != nullptr && value->is_uint64()) return value->get_uint64();
    const std::int64_t client = number("client");
    if (client < 0) fail("'client' is negative");
    return static_cast<std::uint64_t>(client);
  }

  std::int64_t number(std::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr) return fail("'" + std::string(name) + "' is missing"), 0;
    return number_of(*value, name);
  }
  std::int64_t number_of(const json::value& value, std::string_view name) {
    if (value.is_int64()) return value.get_int64();
    fail("'" + std::string(name) + "' is not an integer of 64 bits");
    return 0;
  }

  std::string bytes_of(const json::value& value, std::string_view name) {
    if (const json::string* text = value.if_string()) return {text->data(), text->size()};
    if (const json::object* object = value.if_object(); object && object->size() == 1) {
      const json::value* hex = object->if_contains("hex");
      const json::string* text = hex != nullptr ? hex->if_string() : nullptr;
      if (text != nullptr) {
        if (auto bytes = from_hex({text->data(), text->size()})) return std::move(*bytes);
      }
    }
    fail("'" + std::string(name) + "' is neither a string nor {\"hex\":\"…\"}");
    return {};
  }
  Found found_of(const json::value& value, std::string_view name) {
    if (value.is_null()) return std::nullopt;
    return bytes_of(value, name);
  }

  template <class Read>
  auto array_of(const json::value& value, std::string_view name, Read read) {
    std::vector<decltype(read(value))> items;
    const json::array* array = value.if_array();
    if (array == nullptr) return fail("'" + std::string(name) + "' is not an array"), items;
    for (const json::value& item : *array) items.push_back(read(item));
    return items;
  }

  // The field `one` with one string, or the field `many` with an array of them.
  std::vector<std::string> strings(std::string_view one, std::string_view many) {
    const json::value* single = find(one);
    const json::value* several = find(many);
    if (single != nullptr && several != nullptr) {
      fail("'" + std::string(one) + "' and '" + std::string(many) + "' exclude each other");
    }
    if (single != nullptr) return {bytes_of(*single, one)};
    if (several == nullptr) return {};
    return array_of(*several, many, [&](const json::value& item) { return bytes_of(item, many); });
  }

 private:
  const json::object& object_;
  std::string error_;
};

Output read_output(Fields& fields, Kind kind, bool returned) {
  const json::value* value = fields.find("output");
  if (value == nullptr || (!returned && value->is_null())) return std::monostate{};
  switch (kind) {
    case Kind::kGet:
      return std::vector<Found>{fields.found_of(*value, "output")};
    case Kind::kMget:
      return fields.array_of(*value, "output", [&](const json::value& item) {
        return fields.found_of(item, "output");
      });
    case Kind::kAppend:
    case Kind::kIncr:
    case Kind::kDel:
    case Kind::kPersist:
      if (value->is_null()) return std::monostate{};
      return fields.number_of(*value, "output");
    case Kind::kPut:
    case Kind::kMset:
      if (!value->is_null()) fields.fail("a write without an answer has an output");
      return std::monostate{};
  }
  return std::monostate{};
}

std::expected<Operation, std::string> read_operation(const json::object& object) {
  Fields fields(object);
  Operation operation;
  operation.client = fields.client();
  const json::value* op = fields.find("op");
  const json::string* kind_name = op != nullptr ? op->if_string() : nullptr;
  const auto kind = kind_name != nullptr ? find_kind({kind_name->data(), kind_name->size()})
                                         : std::optional<Kind>();
  if (!kind) fields.fail("'op' is none of put, append, get, incr, del, mset, mget, persist");
  operation.kind = kind.value_or(Kind::kGet);
  operation.keys = fields.strings("key", "keys");
  operation.values = fields.strings("value", "values");
  if (const json::value* by = fields.find("by")) {
    operation.delta = fields.number_of(*by, "by");
    if (operation.kind != Kind::kIncr) fields.fail("'by' is for incr only");
  }
  operation.call_ns = fields.number("call");
  const json::value* returned = fields.find("return");
  if (returned == nullptr) fields.fail("'return' is missing; it is null for an unknown outcome");
  if (returned != nullptr && !returned->is_null()) {
    operation.return_ns = fields.number_of(*returned, "return");
  }
  if (const json::value* expires = fields.find("expires")) {
    operation.expires_ns = fields.number_of(*expires, "expires");
  }
  operation.output = read_output(fields, operation.kind, operation.return_ns.has_value());
  if (!fields.error().empty()) return std::unexpected(fields.error());
  if (auto wrong = defect(operation)) return std::unexpected(std::move(*wrong));
  return operation;
}

}  // namespace

std::string to_json_line(const Operation& operation) {
  json::object object{{"client", operation.client}, {"op", json::string(name(operation.kind))}};
  if (operation.keys.size() == 1) {
    object["key"] = to_json(operation.keys[0]);
  } else {
    object["keys"] = to_json(operation.keys);
  }
  if (operation.kind == Kind::kMset) {
    object["values"] = to_json(operation.values);
  } else if (!operation.values.empty()) {
    object["value"] = to_json(operation.values[0]);
  }
  if (operation.kind == Kind::kIncr) object["by"] = operation.delta;
  if (operation.expires_ns) object["expires"] = *operation.expires_ns;
  std::visit(Overload{[](std::monostate) {},
                      [&](const std::vector<Found>& found) {
                        if (operation.kind == Kind::kMget) {
                          object["output"] = to_json(found);
                        } else {
                          object["output"] = to_json(found.at(0));
                        }
                      },
                      [&](std::int64_t number) { object["output"] = number; }},
             operation.output);
  object["call"] = operation.call_ns;
  object["return"] = operation.return_ns ? json::value(*operation.return_ns) : json::value(nullptr);
  return json::serialize(object);
}

void write_history(const History& history, std::ostream& out) {
  for (const Operation& operation : history) out << to_json_line(operation) << '\n';
}

std::expected<Operation, std::string> parse_operation(std::string_view line) {
  json::monotonic_resource memory;
  json::parse_options options;
  options.max_depth = 4;
  json::error_code error;
  const json::value value = json::parse({line.data(), line.size()}, error, &memory, options);
  if (error) return std::unexpected("this is not JSON: " + error.message());
  const json::object* object = value.if_object();
  if (object == nullptr) return std::unexpected("this is not a JSON object");
  return read_operation(*object);
}

std::expected<History, InputError> read_history(
    std::istream& in, const std::function<std::optional<std::string>(const Operation&)>& refuse) {
  History history;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    auto operation = parse_operation(line);
    if (!operation) return std::unexpected(InputError{number, std::move(operation.error())});
    if (auto reason = refuse ? refuse(*operation) : std::nullopt) {
      return std::unexpected(InputError{number, std::move(*reason)});
    }
    history.push_back(std::move(*operation));
  }
  return history;
}

}  // namespace holdfast::lincheck
