#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/disk.hpp"
#include "storage/data_folder.hpp"
#include "storage/wal.hpp"

namespace holdfast::storage {

inline const Identity kIdentity{77, NodeId(3)};
inline const std::string kDir = "/node";

inline std::string segment_path(std::uint64_t sequence) {
  return log_dir(kDir) + "/" + segment_name(sequence);
}

inline raft::Entry entry(std::uint64_t term, std::string payload) {
  return {Term(term), raft::EntryKind::kCommand, Payload(std::move(payload))};
}

inline raft::Persist vote(std::uint64_t term, std::uint64_t node) {
  raft::Persist batch;
  batch.hard_state = raft::HardState{Term(term), NodeId(node)};
  return batch;
}

inline raft::Persist entries(std::uint64_t first, std::vector<raft::Entry> list) {
  raft::Persist batch;
  batch.first = Index(first);
  batch.entries = std::move(list);
  return batch;
}

inline raft::Persist reset(std::uint64_t index, std::uint64_t term) {
  raft::Persist batch;
  batch.reset = raft::Position{Index(index), Term(term)};
  return batch;
}

inline raft::Persist drop_before(std::uint64_t first_needed) {
  raft::Persist batch;
  batch.first_needed = Index(first_needed);
  return batch;
}

// Makes the folder if need be; its lock is given back at once.
inline void make_folder(Disk& disk) {
  const auto folder = DataFolder::open(disk, kDir, kIdentity);
  ASSERT_TRUE(folder) << folder.error().message;
}

inline auto open_wal(Disk& disk, std::uint64_t segment_bytes = 4096) {
  return Wal::open(disk, kDir, {kIdentity.cluster, kIdentity.node, segment_bytes});
}

// Every state that a log goes through, record by record. What recovery finds must be one of them.
class History {
 public:
  History() : states_(1) {}

  void add(const raft::Persist& batch) {
    if (batch.hard_state) {
      states_.push_back(states_.back());
      states_.back().hard_state = *batch.hard_state;
    }
    if (batch.reset) {
      states_.push_back(states_.back());
      states_.back().base = *batch.reset;
      states_.back().entries.clear();
    }
    if (!batch.entries.empty()) {
      states_.push_back(states_.back());
      auto& log = states_.back().entries;
      log.resize(batch.first.value() - states_.back().base.index.value() - 1);
      log.insert(log.end(), batch.entries.begin(), batch.entries.end());
    }
  }
  // The last one equal to it, or of which it is what is left without the log's front.
  std::optional<std::size_t> find(const raft::Restored& restored) const {
    for (std::size_t i = states_.size(); i-- > 0;) {
      if (is_rest_of(states_[i], restored)) return i;
    }
    return {};
  }
  void go_back_to(std::size_t i) { states_.resize(i + 1); }
  std::size_t last() const { return states_.size() - 1; }
  const raft::Restored& state() const { return states_.back(); }

 private:
  static bool is_rest_of(const raft::Restored& whole, const raft::Restored& rest) {
    if (whole.hard_state != rest.hard_state || rest.base.index < whole.base.index) return false;
    const auto gone = rest.base.index.value() - whole.base.index.value();
    if (gone + rest.entries.size() != whole.entries.size()) return false;
    const Term base_term = gone == 0 ? whole.base.term : whole.entries[gone - 1].term;
    const bool base_is_known = rest.base.term || !rest.base.index;
    return (!base_is_known || rest.base.term == base_term) &&
           std::equal(rest.entries.begin(), rest.entries.end(),
                      whole.entries.begin() + static_cast<std::ptrdiff_t>(gone));
  }

  std::vector<raft::Restored> states_;
};

// A log of two segments on a sound disk, each of whose groups is synced.
struct SmallLog {
  std::unique_ptr<sim::VirtualDisk> disk = std::make_unique<sim::VirtualDisk>();
  History history;
  std::vector<std::uint64_t> group_ends;  // in the last segment, after each group

  explicit SmallLog(bool marked) {
    make_folder(*disk);
    auto opened = open_wal(*disk);
    EXPECT_TRUE(opened);
    Wal& wal = opened->wal;
    put(wal, vote(1, 3));
    put(wal, entries(1, {entry(1, "first"), entry(1, std::string(3700, 'x'))}));
    put(wal, entries(3, {entry(1, std::string(100, 'y'))}));  // rolls
    put(wal, vote(2, 1));
    auto both = entries(3, {entry(2, "replaces"), entry(2, "")});
    both.hard_state = raft::HardState{Term(3), NodeId(2)};
    put(wal, both);
    put(wal, entries(5, {entry(3, "last")}));
    EXPECT_TRUE(disk->exists(segment_path(2)));
    EXPECT_FALSE(disk->exists(segment_path(3)));
    if (!marked) drop_last_mark();
  }

  void put(Wal& wal, const raft::Persist& batch) {
    history.add(batch);
    EXPECT_TRUE(wal.append(batch));
    EXPECT_TRUE(wal.sync());
    wal.mark();
  }

  // As if power had failed between the last fdatasync and the write of its mark.
  void drop_last_mark() {
    auto bytes = disk->contents(segment_path(2));
    const auto mark = end_of(bytes) - kRecordHeadBytes;
    bytes.replace(mark, kRecordHeadBytes, kRecordHeadBytes, '\0');
    disk->set_contents(segment_path(2), bytes);
  }

  // Where the records of segment 2 end.
  static std::uint64_t end_of(const std::string& bytes) {
    std::uint64_t at = kHeaderBytes;
    while (const auto record = read_record(bytes, at, segment_seed(kIdentity, 2))) at = record->end;
    return at;
  }
  std::vector<RecordView> records(std::uint64_t sequence) const {
    bytes_ = disk->contents(segment_path(sequence));
    std::vector<RecordView> all;
    std::uint64_t at = kHeaderBytes;
    while (const auto record = read_record(bytes_, at, segment_seed(kIdentity, sequence))) {
      all.push_back(*record);
      at = record->end;
    }
    return all;
  }

 private:
  mutable std::string bytes_;
};

}  // namespace holdfast::storage
