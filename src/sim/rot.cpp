#include "sim/rot.hpp"

#include "sim/monitor.hpp"
#include "storage/wal.hpp"

namespace holdfast::sim {

namespace {

class Silent final : public storage::LogVisitor {
 public:
  void segment(const std::string&, const storage::SegmentHeader&) override {}
  void record(storage::ScannedRecord) override {}
};

std::optional<raft::Restored> restore(const VirtualDisk& disk, const storage::Identity& identity) {
  const auto copy = disk.clone();
  auto opened = storage::Wal::open(*copy, Process::kFolder, {identity.cluster, identity.node});
  if (!opened) return std::nullopt;
  return std::move(opened->restored);
}

bool same(const raft::Restored& a, const raft::Restored& b) {
  return a.hard_state == b.hard_state && a.base == b.base && a.entries == b.entries;
}

}  // namespace

RotOutcome flip_a_bit(VirtualDisk& disk, const storage::Identity& identity, Dice& dice) {
  const auto before = restore(disk, identity);
  Silent silent;
  const auto end = storage::read_log(disk, Process::kFolder, silent, identity);
  std::vector<std::string> segments;
  for (const std::string& path : disk.paths()) {
    const bool is_log = path.starts_with(storage::log_dir(Process::kFolder) + "/");
    // Power may leave a file without its bytes.
    if (is_log && !disk.contents(path).empty()) segments.push_back(path);
  }
  if (!before || !end || segments.empty()) return RotOutcome::kHarmless;

  const std::string& path = dice.pick(segments);
  const std::uint64_t used = path == end->path ? end->offset : disk.contents(path).size();
  const std::uint64_t bit = dice.below(used * 8);
  const bool proven = path != end->path || bit / 8 < end->proven;
  disk.flip_bit(path, bit);
  const auto after = restore(disk, identity);
  if (!after) return RotOutcome::kRefused;
  if (same(*before, *after)) return RotOutcome::kHarmless;
  if (!proven) return RotOutcome::kLooksTorn;
  throw Monitor::Violation("damage went unnoticed: bit " + std::to_string(bit) + " of " + path);
}

}  // namespace holdfast::sim
