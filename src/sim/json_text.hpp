#pragma once

#include <cstdint>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast::sim {

// Writes JSON that may stand in a <script> element, straight into one string: a run has millions of
// numbers, too many for a tree of values.
class JsonText {
 public:
  void open(char bracket);
  void close(char bracket);
  void key(std::string_view name);
  void number(std::int64_t value);
  void boolean(bool value);
  void null();
  // Valid whatever the bytes are, and never ends the element: `<` is escaped.
  void text(std::string_view bytes);

  // An array of what `value` makes of each item.
  template <std::ranges::input_range Items, class Value>
  void column(std::string_view name, const Items& items, Value value) {
    key(name);
    open('[');
    for (const auto& item : items) number(static_cast<std::int64_t>(value(item)));
    close(']');
  }
  // The same, each number as the difference to the one before: rising columns get short.
  template <std::ranges::input_range Items, class Value>
  void deltas(std::string_view name, const Items& items, Value value) {
    std::int64_t last = 0;
    column(name, items, [&](const auto& item) {
      const auto now = static_cast<std::int64_t>(value(item));
      return now - std::exchange(last, now);
    });
  }

  std::string take() { return std::move(text_); }

 private:
  void separate();

  std::string text_;
  bool first_ = true;  // in its object or array, or after its key
};

}  // namespace holdfast::sim
