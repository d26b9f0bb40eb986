#include "storage/segment.hpp"

#include <algorithm>
#include <limits>

#include "base/check.hpp"
#include "base/checksum.hpp"
#include "base/codec.hpp"
#include "base/planted.hpp"

namespace holdfast::storage {
namespace {

constexpr std::string_view kMagic = "HOLDFLOG";
constexpr std::string_view kSuffix = ".seg";
constexpr std::size_t kSequenceDigits = 16;
// A record is closed when it is this long, so that a torn group loses no more than it must.
constexpr std::size_t kBodyBytesGoal = 1 << 20;

// The head without its own checksum, which comes first.
struct RecordHead {
  std::uint64_t body_checksum = 0;
  std::uint32_t length = 0;  // of the body, without padding
  std::uint8_t type = 0;
  std::uint64_t synced_through = 0;
};

std::uint64_t padded(std::uint64_t size) {
  return (size + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
}

std::optional<RecordHead> read_head(std::string_view segment, std::uint64_t offset,
                                    std::uint64_t seed) {
  if (segment.size() < kRecordHeadBytes || offset > segment.size() - kRecordHeadBytes) return {};
  const auto raw = segment.substr(offset, kRecordHeadBytes);
  Reader reader(raw);
  const auto head_checksum = reader.u64();
  RecordHead head;
  head.body_checksum = reader.u64();
  head.length = reader.u32();
  head.type = reader.u8();
  const bool reserved_is_zero = reader.u8() == 0 && reader.u16() == 0;
  head.synced_through = reader.u64();
  // Cheap questions first: a search asks them at every eighth byte.
  if (head.type == 0 || !reserved_is_zero || head.synced_through > offset) return {};
  if (head_checksum != checksum(raw.substr(8), seed + offset)) return {};
  return head;
}

std::optional<Record> decode_hard_state(Reader reader) {
  raft::HardState state;
  state.term = reader.id<Term>();
  state.voted_for = reader.id<NodeId>();
  state.votes_from.index = reader.id<Index>();
  state.votes_from.term = reader.id<Term>();
  if (!reader.finished()) return {};
  return state;
}

std::optional<Record> decode_reset(Reader reader) {
  ResetRecord record;
  record.last.index = reader.id<Index>();
  record.last.term = reader.id<Term>();
  if (!reader.finished()) return {};
  return record;
}

std::optional<Record> decode_entries(Reader reader) {
  EntriesRecord record;
  record.first = reader.id<Index>();
  const auto count = reader.u32();
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    raft::Entry entry;
    entry.term = reader.id<Term>();
    const auto kind = raft::entry_kind(reader.u8());
    if (!kind) return {};
    entry.kind = *kind;
    entry.payload = Payload(std::string(reader.bytes()));
    record.entries.push_back(std::move(entry));
  }
  if (!reader.finished() || count == 0) return {};
  return record;
}

}  // namespace

std::string encode(const SegmentHeader& header) {
  std::string out;
  Writer writer(out);
  writer.put_raw(kMagic);
  writer.put(kLogVersion);
  writer.put(static_cast<std::uint32_t>(kHeaderBytes));
  writer.put(header.identity.cluster);
  writer.put(header.identity.node);
  writer.put(header.sequence);
  writer.put(header.file_bytes);
  writer.put(header.previous_end);
  writer.put(header.start.hard_state.term);
  writer.put(header.start.hard_state.voted_for);
  writer.put(header.start.hard_state.votes_from.index);
  writer.put(header.start.hard_state.votes_from.term);
  writer.put(header.start.next);
  writer.put(header.start.last_term);
  writer.put(checksum(out, header.sequence));
  CHECK(out.size() == kHeaderBytes);
  return out;
}

std::expected<SegmentHeader, std::string> decode_header(std::string_view file) {
  if (file.size() < kHeaderBytes) {
    return std::unexpected("the file is too short for a segment's header");
  }
  const auto raw = file.substr(0, kHeaderBytes);
  Reader reader(raw);
  if (reader.raw(kMagic.size()) != kMagic) {
    return std::unexpected("the segment's header is damaged: it does not begin with HOLDFLOG");
  }
  const auto version = reader.u32();
  if (version != kLogVersion) {
    return std::unexpected("the segment is of format version " + std::to_string(version) +
                           ", this program reads version " + std::to_string(kLogVersion));
  }
  const auto header_bytes = reader.u32();
  SegmentHeader header;
  header.identity.cluster = reader.u64();
  header.identity.node = reader.id<NodeId>();
  header.sequence = reader.u64();
  header.file_bytes = reader.u64();
  header.previous_end = reader.u64();
  header.start.hard_state.term = reader.id<Term>();
  header.start.hard_state.voted_for = reader.id<NodeId>();
  header.start.hard_state.votes_from.index = reader.id<Index>();
  header.start.hard_state.votes_from.term = reader.id<Term>();
  header.start.next = reader.id<Index>();
  header.start.last_term = reader.id<Term>();
  const auto covered = raw.substr(0, kHeaderBytes - 8);
  if (header_bytes != kHeaderBytes || reader.u64() != checksum(covered, header.sequence)) {
    return std::unexpected("the segment's header is damaged: its checksum is wrong");
  }
  return header;
}

std::string segment_name(std::uint64_t sequence) {
  std::string name(kSequenceDigits, '0');
  for (std::size_t i = kSequenceDigits; sequence != 0; sequence >>= 4) {
    name[--i] = "0123456789abcdef"[sequence & 0xf];
  }
  return name.append(kSuffix);
}

std::optional<std::uint64_t> parse_segment_name(std::string_view name) {
  if (name.size() != kSequenceDigits + kSuffix.size() || !name.ends_with(kSuffix)) return {};
  std::uint64_t sequence = 0;
  for (const char c : name.substr(0, kSequenceDigits)) {
    const auto digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) return {};
    sequence = sequence << 4 | digit;
  }
  return sequence;
}

std::uint64_t segment_seed(const Identity& identity, std::uint64_t sequence) {
  std::string bytes;
  Writer writer(bytes);
  writer.put(identity.cluster);
  writer.put(identity.node);
  writer.put(sequence);
  return checksum(bytes);
}

RecordWriter::RecordWriter(std::string& out, std::uint64_t seed, std::uint64_t offset,
                           std::uint64_t synced_through)
    : out_(out), seed_(seed), base_(offset - out.size()), synced_through_(synced_through) {
  CHECK(offset % kRecordAlignment == 0 && synced_through <= offset);
}

void RecordWriter::hard_state(const raft::HardState& state) {
  const auto at = begin();
  Writer writer(out_);
  writer.put(state.term);
  writer.put(state.voted_for);
  writer.put(state.votes_from.index);
  writer.put(state.votes_from.term);
  finish(at, RecordType::kHardState);
}

void RecordWriter::reset(raft::Position last) {
  const auto at = begin();
  Writer writer(out_);
  writer.put(last.index);
  writer.put(last.term);
  finish(at, RecordType::kReset);
}

void RecordWriter::entries(Index first, std::span<const raft::Entry> entries) {
  while (!entries.empty()) {
    const auto at = begin();
    Writer writer(out_);
    writer.put(first);
    const auto count_at = writer.size();
    writer.put(std::uint32_t{0});
    std::uint32_t count = 0;
    while (count < entries.size() && out_.size() - at < kBodyBytesGoal) {
      const auto& entry = entries[count++];
      writer.put(entry.term);
      writer.put(static_cast<std::uint8_t>(entry.kind));
      writer.put_bytes(entry.payload.view());
    }
    writer.patch(count_at, count);
    finish(at, RecordType::kEntries);
    first = first.plus(count);
    entries = entries.subspan(count);
  }
}

void RecordWriter::mark() {
  finish(begin(), RecordType::kMark);
}

void RecordWriter::seal() {
  finish(begin(), RecordType::kSeal);
}

std::size_t RecordWriter::begin() {
  const auto at = out_.size();
  out_.append(kRecordHeadBytes, '\0');
  return at;
}

void RecordWriter::finish(std::size_t at, RecordType type) {
  const auto body_at = at + kRecordHeadBytes;
  const auto length = out_.size() - body_at;
  CHECK(length <= std::numeric_limits<std::uint32_t>::max());
  out_.append(padded(length) - length, '\0');

  const auto seed = seed_ + base_ + at;
  Writer writer(out_);
  writer.patch(at + 8, checksum(std::string_view(out_).substr(body_at), seed));
  writer.patch(at + 16, static_cast<std::uint32_t>(length));
  writer.patch(at + 20, static_cast<std::uint8_t>(type));
  writer.patch(at + 24, synced_through_);
  const auto head = std::string_view(out_).substr(at + 8, kRecordHeadBytes - 8);
  writer.patch(at, checksum(head, seed));
}

std::optional<RecordView> read_record(std::string_view segment, std::uint64_t offset,
                                      std::uint64_t seed) {
  const auto head = read_head(segment, offset, seed);
  if (!head) return {};
  const auto rest = segment.substr(offset + kRecordHeadBytes);
  if (padded(head->length) > rest.size()) return {};
  const auto body = rest.substr(0, padded(head->length));
  const bool whole = head->body_checksum == checksum(body, seed + offset);
  if (!whole && !planted(Bug::kChecksumSkipped)) return {};
  return RecordView{offset, offset + kRecordHeadBytes + body.size(), head->type,
                    head->synced_through, body.substr(0, head->length)};
}

std::optional<Record> decode(const RecordView& record) {
  const Reader reader(record.body);
  switch (static_cast<RecordType>(record.type)) {
    case RecordType::kHardState:
      return decode_hard_state(reader);
    case RecordType::kEntries:
      return decode_entries(reader);
    case RecordType::kMark:
      return reader.finished() ? std::optional<Record>(MarkRecord{}) : std::nullopt;
    case RecordType::kSeal:
      return reader.finished() ? std::optional<Record>(SealRecord{}) : std::nullopt;
    case RecordType::kReset:
      return decode_reset(reader);
  }
  return {};
}

std::uint64_t proven_durable_after(std::string_view segment, std::uint64_t from,
                                   std::uint64_t seed) {
  std::uint64_t proven = 0;
  for (auto at = padded(from); at + kRecordHeadBytes <= segment.size(); at += kRecordAlignment) {
    if (const auto head = read_head(segment, at, seed)) {
      proven = std::max(proven, head->synced_through);
    }
  }
  return proven;
}

}  // namespace holdfast::storage
