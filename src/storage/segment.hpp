#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "raft/types.hpp"
#include "storage/log_state.hpp"

// The bytes of a log segment; docs/log-format.md is the same in prose, with an example.
//
//   file:    header (112 bytes), records, zeros up to the size with which it was made
//   record:  head (32 bytes), body, zeros up to a multiple of 8
//
// A record's checksums are seeded with its cluster, node, segment and offset: a record that a
// disk or a person put into the wrong place is not a record.
namespace holdfast::storage {

inline constexpr std::uint32_t kLogVersion = 3;
inline constexpr std::uint64_t kHeaderBytes = 112;
inline constexpr std::uint64_t kRecordHeadBytes = 32;
inline constexpr std::uint64_t kRecordAlignment = 8;
inline constexpr std::uint64_t kFirstSequence = 1;
// A log begins with a segment this small, made together with its folder; the next ones have the
// configured size. So making a folder needs no room worth speaking of.
inline constexpr std::uint64_t kFirstSegmentBytes = 4096;
// Kept free behind the last group of a segment, for the mark and the seal.
inline constexpr std::uint64_t kTrailerBytes = 2 * kRecordHeadBytes;

// Whose log it is.
struct Identity {
  std::uint64_t cluster = 0;
  NodeId node;

  bool operator==(const Identity&) const = default;
};

struct SegmentHeader {
  Identity identity = {};
  std::uint64_t sequence = kFirstSequence;
  std::uint64_t file_bytes = kFirstSegmentBytes;
  std::uint64_t previous_end = 0;  // where the records of the segment before end; 0: none before
  LogSummary start = {};           // of the log before this segment's first record

  bool operator==(const SegmentHeader&) const = default;
};

std::string encode(const SegmentHeader& header);
// The error says what is wrong with it.
std::expected<SegmentHeader, std::string> decode_header(std::string_view file);

std::string segment_name(std::uint64_t sequence);
std::optional<std::uint64_t> parse_segment_name(std::string_view name);

enum class RecordType : std::uint8_t {
  kHardState = 1,
  kEntries = 2,
  kMark = 3,   // says only what every record says: how far the segment was durable
  kSeal = 4,   // the segment ends here; the next one exists and is durable
  kReset = 5,  // the log is emptied and goes on behind an entry, the last of a snapshot
};

struct EntriesRecord {
  Index first;
  std::vector<raft::Entry> entries;
};
struct MarkRecord {};
struct SealRecord {};
struct ResetRecord {
  raft::Position last;
};
using Record = std::variant<raft::HardState, EntriesRecord, MarkRecord, SealRecord, ResetRecord>;

// Seed of the checksums in one segment; a record at `offset` uses seed + offset.
std::uint64_t segment_seed(const Identity& identity, std::uint64_t sequence);

// Appends records to `out`, for a segment in which the first of them will stand at `offset` and
// which is known to be durable up to `synced_through`.
class RecordWriter {
 public:
  RecordWriter(std::string& out, std::uint64_t seed, std::uint64_t offset,
               std::uint64_t synced_through);

  void hard_state(const raft::HardState& state);
  void reset(raft::Position last);
  // As several records if they are long.
  void entries(Index first, std::span<const raft::Entry> entries);
  void mark();
  void seal();

 private:
  std::size_t begin();
  void finish(std::size_t at, RecordType type);

  std::string& out_;
  const std::uint64_t seed_;
  const std::uint64_t base_;  // offset in the segment of out_[0]
  const std::uint64_t synced_through_;
};

struct RecordView {
  std::uint64_t offset = 0;
  std::uint64_t end = 0;  // where the next record begins
  std::uint8_t type = 0;
  std::uint64_t synced_through = 0;
  std::string_view body;
};

// The record at `offset` of a segment's bytes if head and body are whole.
std::optional<RecordView> read_record(std::string_view segment, std::uint64_t offset,
                                      std::uint64_t seed);
// Nothing: a body that this version did not write.
std::optional<Record> decode(const RecordView& record);

// How far the segment was durable, as told by the records' heads that stand at `from` or later,
// their bodies whole or not; 0 if there are none. Trusts no length: it looks at every place where
// a record may begin.
std::uint64_t proven_durable_after(std::string_view segment, std::uint64_t from,
                                   std::uint64_t seed);

}  // namespace holdfast::storage
