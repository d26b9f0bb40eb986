#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "lincheck/search.hpp"

namespace holdfast::lincheck {

// One partition's search, whatever its model. Operations are positions in its entries.
class PartitionSearch {
 public:
  virtual ~PartitionSearch() = default;

  virtual const Schedule& schedule() const = 0;
  // As Search says, of these and the following.
  virtual Outcome run(std::uint64_t steps_max) = 0;
  virtual std::vector<OpId> order() const = 0;
  virtual PathLog& log() = 0;
  virtual std::uint32_t furthest_rank() const = 0;
  virtual std::uint64_t steps() const = 0;
  virtual std::uint64_t states() const = 0;
  virtual std::size_t memory_bytes() const = 0;
};

using MakeSearch = std::unique_ptr<PartitionSearch> (*)(std::vector<Entry>, SearchOptions);

template <Model M>
class ModelSearch final : public PartitionSearch {
 public:
  ModelSearch(std::vector<Entry> entries, SearchOptions options)
      : entries_(std::move(entries)),
        schedule_(spans(entries_)),
        model_(entries_, schedule_),
        search_(model_, schedule_, options) {}

  static std::unique_ptr<PartitionSearch> make(std::vector<Entry> entries, SearchOptions options) {
    return std::make_unique<ModelSearch>(std::move(entries), options);
  }

  const Schedule& schedule() const override { return schedule_; }
  Outcome run(std::uint64_t steps_max) override { return search_.run(steps_max); }
  std::vector<OpId> order() const override { return search_.order(); }
  PathLog& log() override { return search_.log(); }
  std::uint32_t furthest_rank() const override { return search_.furthest_rank(); }
  std::uint64_t steps() const override { return search_.steps(); }
  std::uint64_t states() const override { return search_.states(); }
  std::size_t memory_bytes() const override {
    std::size_t bytes = search_.memory_bytes();
    if constexpr (requires { model_.memory_bytes(); }) bytes += model_.memory_bytes();
    return bytes;
  }

 private:
  static std::vector<Span> spans(const std::vector<Entry>& entries) {
    std::vector<Span> spans;
    for (const Entry& entry : entries) {
      spans.push_back(
          {entry.operation->call_ns, entry.returned ? entry.operation->return_ns : std::nullopt});
    }
    return spans;
  }

  std::vector<Entry> entries_;
  Schedule schedule_;
  M model_;
  Search<M> search_;
};

}  // namespace holdfast::lincheck
