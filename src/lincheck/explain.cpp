#include "lincheck/explain.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::lincheck {

namespace {

constexpr std::uint64_t kCutSteps = 4'000'000;   // to find where it fails
constexpr std::uint64_t kOrdersSteps = 200'000;  // to find orders to show
constexpr std::size_t kOrdersMax = 12;

// The history as it was when the first `returns` operations had returned.
struct Cut {
  std::vector<Entry> entries;
  std::vector<OpId> origin;  // of each entry

  Cut(const std::vector<Entry>& whole, const Schedule& schedule, std::uint32_t returns) {
    for (OpId op = 0; op < whole.size(); ++op) {
      if (schedule.returned_before(op) > returns) continue;
      entries.push_back(
          {whole[op].operation, schedule.returned(op) && schedule.rank(op) < returns});
      origin.push_back(op);
    }
  }

  std::vector<OpId> to_whole(std::vector<OpId> order) const {
    for (OpId& op : order) op = origin[op];
    return order;
  }
};

// Finds the last cut that has an order. A history that has one has one at every earlier time, so
// this is a search by halves.
class LastGoodCut {
 public:
  LastGoodCut(const std::vector<Entry>& entries, const Schedule& schedule, MakeSearch make_search,
              std::uint32_t known_rank)
      : entries_(entries), schedule_(schedule), make_search_(make_search) {
    if (!has_order(known_rank)) return;
    // The failure is mostly near: leaps that grow, then halves.
    std::uint32_t bad = schedule.returns();
    for (std::uint32_t leap = 1; bad - good_ > 1; leap *= 2) {
      const std::uint32_t next = good_ + std::min(leap, bad - good_ - 1);
      if (!has_order(next)) {
        bad = next;
        break;
      }
    }
    while (bad - good_ > 1 && !gave_up_) {
      const std::uint32_t middle = good_ + (bad - good_) / 2;
      if (!has_order(middle)) bad = middle;
    }
  }

  bool gave_up() const { return gave_up_; }
  std::uint32_t returns() const { return good_; }
  std::vector<OpId> order() { return std::move(order_); }

 private:
  bool has_order(std::uint32_t returns) {
    const Cut cut(entries_, schedule_, returns);
    const auto search = make_search_(cut.entries, {});
    const Outcome outcome = search->run(kCutSteps - steps_);
    steps_ += search->steps();
    if (outcome == Outcome::kRunning) gave_up_ = true;
    if (outcome != Outcome::kFound) return false;
    good_ = returns;
    order_ = cut.to_whole(search->order());
    return true;
  }

  const std::vector<Entry>& entries_;
  const Schedule& schedule_;
  MakeSearch make_search_;
  std::uint64_t steps_ = 0;
  bool gave_up_ = false;
  std::uint32_t good_ = 0;
  std::vector<OpId> order_;
};

}  // namespace

Explanation explain_failure(const std::vector<Entry>& entries, const Schedule& schedule,
                            MakeSearch make_search, std::uint32_t known_rank) {
  Explanation explanation;
  LastGoodCut last(entries, schedule, make_search, known_rank);
  if (!last.gave_up()) explanation.failed_at = schedule.returning(last.returns());
  explanation.orders.push_back(last.order());

  // Without foresight an order ends where an output does not fit, not where it can't fit later.
  const Cut cut(entries, schedule, last.returns() + 1);
  const auto search = make_search(cut.entries, {.foresight = false, .record = true});
  search->run(kOrdersSteps);
  std::vector<OpId> shown;
  for (OpId op = 0; op < cut.origin.size(); ++op) {
    if (std::ranges::find(explanation.orders[0], cut.origin[op]) != explanation.orders[0].end()) {
      shown.push_back(op);
    }
  }
  for (std::vector<OpId>& order : search->log().take_longest(shown, kOrdersMax - 1)) {
    explanation.orders.push_back(cut.to_whole(std::move(order)));
  }
  return explanation;
}

std::vector<OpId> longest_order(const std::vector<Entry>& entries, MakeSearch make_search) {
  const auto search = make_search(entries, {.foresight = true, .record = true});
  search->run(kOrdersSteps);
  auto orders = search->log().take_longest({}, 1);
  return orders.empty() ? std::vector<OpId>() : std::move(orders.front());
}

}  // namespace holdfast::lincheck
