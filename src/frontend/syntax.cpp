#include "frontend/syntax.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "frontend/text.hpp"

namespace holdfast::frontend {

namespace {

using Type = Argument::Type;
using Arguments = std::vector<Argument>;

bool is_token(std::string_view word) {
  return std::ranges::none_of(word, [](char c) { return c >= 'a' && c <= 'z'; });
}

// "a_b" of `a` and `b`.
std::string joined_names(const Arguments& arguments) {
  std::string names;
  for (const Argument& argument : arguments) {
    names += (names.empty() ? "" : "_") + argument.name;
  }
  return names;
}

Argument group(Type type, Arguments arguments) {
  if (arguments.size() == 1) return std::move(arguments.front());
  std::string name = joined_names(arguments);
  return {.type = type, .name = std::move(name), .arguments = std::move(arguments)};
}

Argument token(std::string_view word) {
  return {.type = Type::kToken, .name = lower(word), .token = std::string(word)};
}

// By recursive descent. The text is our own: what is wrong with it is a bug.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Arguments whole() {
    if (peek().empty()) return {};
    Arguments arguments = unwrapped(alternatives());
    CHECK(peek().empty());
    return arguments;
  }

 private:
  // The next bracket, bar or word.
  std::string_view peek() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
    if (rest_.empty()) return {};
    const auto size = rest_.find_first_of("[]<>| ");
    return rest_.substr(0, size == 0 ? 1 : std::min(size, rest_.size()));
  }
  std::string_view take() {
    const std::string_view word = peek();
    rest_.remove_prefix(word.size());
    return word;
  }
  bool at_end_of_sequence() {
    const std::string_view next = peek();
    return next.empty() || next == "]" || next == ">" || next == "|" || next == "...";
  }
  bool at_value() {
    return !at_end_of_sequence() && peek() != "[" && peek() != "<" && !is_token(peek());
  }

  void add_item(Arguments& items) {
    const std::string_view word = take();
    if (word == "[") {
      add_optional(items);
    } else if (word == "<") {
      items.push_back(alternatives());
      CHECK(take() == ">");
    } else if (is_token(word)) {
      items.push_back(with_token(word));
    } else {
      items.push_back({.name = std::string(word)});
    }
  }

  Arguments sequence() {
    Arguments items;
    while (!at_end_of_sequence()) add_item(items);
    CHECK(!items.empty());
    return items;
  }

  Argument alternatives() {
    Arguments choices;
    do {
      choices.push_back(group(Type::kBlock, sequence()));
    } while (peek() == "|" && !take().empty());
    return group(Type::kOneOf, std::move(choices));
  }

  // "key [key ...]" is one argument, given several times.
  void add_optional(Arguments& items) {
    Arguments inside = unwrapped(alternatives());
    const bool repeats = peek() == "...";
    if (repeats) take();
    CHECK(take() == "]");
    if (repeats && std::ranges::equal(inside, last(items, inside.size()))) {
      items.resize(items.size() - inside.size());
      items.push_back(group(Type::kBlock, std::move(inside)));
    } else {
      items.push_back(group(Type::kBlock, std::move(inside)));
      items.back().optional = true;
    }
    if (repeats) items.back().multiple = true;
  }
  // The parts of what only holds them together.
  static Arguments unwrapped(Argument argument) {
    const bool is_plain = argument.type == Type::kBlock && argument.token.empty() &&
                          !argument.optional && !argument.multiple;
    if (is_plain) return std::move(argument.arguments);
    Arguments one;
    one.push_back(std::move(argument));
    return one;
  }
  static Arguments last(const Arguments& items, std::size_t count) {
    if (items.size() < count) return {};
    return {items.end() - static_cast<std::ptrdiff_t>(count), items.end()};
  }

  Argument with_token(std::string_view word) {
    if (peek() == "<") {
      Arguments choice;
      add_item(choice);
      choice.front().token = word;
      return std::move(choice.front());
    }
    Arguments values;
    while (at_value()) values.push_back({.name = std::string(take())});
    if (values.empty()) return token(word);
    // "ID id [id ...]"
    if (values.size() == 1 && peek() == "[" && rest_.starts_with("[" + values[0].name + " ...]")) {
      add_item(values);
    }
    Argument argument = group(Type::kBlock, std::move(values));
    argument.token = word;
    return argument;
  }

  std::string_view rest_;
};

}  // namespace

std::vector<Argument> parse_syntax(std::string_view syntax) {
  Parser parser(syntax);
  return parser.whole();
}

}  // namespace holdfast::frontend
