#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace holdfast::lincheck {

// An operation of one partition: its position in the partition's list.
using OpId = std::uint32_t;
inline constexpr OpId kNoOp = ~OpId{0};

struct Span {
  std::int64_t call_ns = 0;
  std::optional<std::int64_t> return_ns;
};

// Who may come before whom. Returns are numbered by time from 0, their ranks. An operation with
// `returned_before` c must come after the c operations of the ranks below c, and nothing else
// restricts it: linearizability asks for no more than that.
class Schedule {
 public:
  explicit Schedule(std::span<const Span> spans);

  OpId size() const { return static_cast<OpId>(ops_.size()); }
  std::uint32_t returns() const { return static_cast<std::uint32_t>(by_rank_.size()); }
  bool returned(OpId op) const { return ops_[op].rank != kNever; }
  std::uint32_t rank(OpId op) const { return ops_[op].rank; }
  std::uint32_t returned_before(OpId op) const { return ops_[op].returned_before; }
  OpId returning(std::uint32_t rank) const { return by_rank_[rank]; }
  const std::vector<OpId>& by_call() const { return by_call_; }

  // Operations that returned and overlap have different slots; there are as many as operations
  // ever overlap.
  std::uint32_t slot(OpId op) const { return ops_[op].slot; }
  std::uint32_t slots() const { return slots_; }

  static constexpr std::uint32_t kNever = ~std::uint32_t{0};

 private:
  struct Op {
    std::uint32_t rank = kNever;
    std::uint32_t returned_before = 0;
    std::uint32_t slot = 0;
  };
  void assign_slots();

  std::vector<Op> ops_;
  std::vector<OpId> by_call_;
  std::vector<OpId> by_rank_;
  std::uint32_t slots_ = 0;
};

}  // namespace holdfast::lincheck
