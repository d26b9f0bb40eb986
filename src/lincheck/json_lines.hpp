#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "lincheck/history.hpp"

namespace holdfast::lincheck {

// A history as text: one JSON object per line, an operation each; docs/checking.md has the form.
// Bytes that are not UTF-8 are written as {"hex":"…"} in place of a string.
std::string to_json_line(const Operation& operation);  // without the line's end
void write_history(const History& history, std::ostream& out);

struct InputError {
  std::size_t line = 0;  // the first is 1
  std::string reason;

  bool operator==(const InputError&) const = default;
};

// Nothing with a defect() gets through, nor what `refuse` gives a reason against. Empty lines are
// passed over.
[[nodiscard]] std::expected<Operation, std::string> parse_operation(std::string_view line);
[[nodiscard]] std::expected<History, InputError> read_history(
    std::istream& in,
    const std::function<std::optional<std::string>(const Operation&)>& refuse = {});

}  // namespace holdfast::lincheck
