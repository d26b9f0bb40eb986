#include "raft/effects.hpp"

#include <iterator>

#include "base/check.hpp"

namespace holdfast::raft {

void write(const Persist& batch, Restored& disk) {
  if (batch.hard_state) disk.hard_state = *batch.hard_state;
  if (batch.reset) {
    disk.base = *batch.reset;
    disk.entries.clear();
  }
  const auto place_of = [&](Index index) {
    CHECK(index > disk.base.index && index <= disk.base.index.plus(disk.entries.size() + 1));
    return static_cast<std::ptrdiff_t>(index.value() - disk.base.index.value() - 1);
  };
  if (batch.first) {
    disk.entries.resize(static_cast<std::size_t>(place_of(batch.first)));
    disk.entries.insert(disk.entries.end(), batch.entries.begin(), batch.entries.end());
  }
  if (batch.first_needed > disk.base.index.next()) {
    const auto end = disk.entries.begin() + place_of(batch.first_needed);
    disk.base = {batch.first_needed.prev(), std::prev(end)->term};
    disk.entries.erase(disk.entries.begin(), end);
  }
}

}  // namespace holdfast::raft
