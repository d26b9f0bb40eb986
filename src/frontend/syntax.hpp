#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::frontend {

// What a command takes, as COMMAND DOCS tells it; clients such as redis-cli show hints from it.
struct Argument {
  enum class Type : std::uint8_t { kName, kToken, kOneOf, kBlock };

  Type type = Type::kName;
  std::string name = {};   // lower case
  std::string token = {};  // the word that must stand before it; of a kToken, itself
  bool optional = false;
  bool multiple = false;                 // once or more; if it is optional, also not at all
  std::vector<Argument> arguments = {};  // of a kOneOf or kBlock

  bool operator==(const Argument&) const = default;
};

// Reads the `syntax` of a row of the command tables. Words in upper case are to be written as they
// stand, others name a value; [optional], <a | b> a choice, "key [key ...]" one or more. A word in
// upper case is followed by its values: "EX seconds", or by its choice: "OVERFLOW <WRAP | SAT>".
std::vector<Argument> parse_syntax(std::string_view syntax);

}  // namespace holdfast::frontend
