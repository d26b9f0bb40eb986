#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace holdfast {

// A 64-bit number that can't be mixed up with another kind of number. Swapping a term and an
// index is the commonest mistake in a consensus implementation; here it does not compile.
template <class Tag>
class Strong {
 public:
  constexpr Strong() = default;
  constexpr explicit Strong(std::uint64_t value) : value_(value) {}

  constexpr std::uint64_t value() const { return value_; }
  constexpr auto operator<=>(const Strong&) const = default;
  constexpr explicit operator bool() const { return value_ != 0; }

  constexpr Strong next() const { return Strong(value_ + 1); }
  // Zero stays zero: there is nothing before the first.
  constexpr Strong prev() const { return Strong(value_ == 0 ? 0 : value_ - 1); }
  constexpr Strong plus(std::uint64_t n) const { return Strong(value_ + n); }
  constexpr Strong& operator++() {
    ++value_;
    return *this;
  }

 private:
  std::uint64_t value_ = 0;
};

// Zero means "none" in each of these.
using NodeId = Strong<struct NodeIdTag>;
using Term = Strong<struct TermTag>;
using Index = Strong<struct IndexTag>;    // a position in the replicated log; the first entry is 1
using Ticket = Strong<struct TicketTag>;  // one batch handed to the disk; rises by one each time
using Round = Strong<struct RoundTag>;    // one confirmation of leadership; rises by one each time

}  // namespace holdfast

template <class Tag>
struct std::hash<holdfast::Strong<Tag>> {
  std::size_t operator()(const holdfast::Strong<Tag>& id) const noexcept {
    return std::hash<std::uint64_t>{}(id.value());
  }
};
