#include "storage/snapshot_file.hpp"

#include "base/check.hpp"
#include "base/checksum.hpp"
#include "base/codec.hpp"

namespace holdfast::storage {
namespace {

constexpr std::string_view kMagic = "HOLDSNAP";
constexpr std::size_t kHeaderBytesMin = 56;  // with a membership of no bytes

std::string encode_header(const SnapshotHeader& header) {
  std::string out;
  Writer writer(out);
  writer.put_raw(kMagic);
  writer.put(kSnapshotVersion);
  const auto length_at = writer.size();
  writer.put(std::uint32_t{0});
  writer.put(header.cluster);
  writer.put(header.number);
  writer.put(header.meta.last.index);
  writer.put(header.meta.last.term);
  writer.put_raw(raft::encode(header.meta.membership));
  const auto length = out.size() + sizeof(std::uint64_t);
  CHECK(length <= kSnapshotHeaderBytesMax);
  writer.patch(length_at, static_cast<std::uint32_t>(length));
  writer.put(checksum(out));
  return out;
}

std::uint64_t header_checksum(std::string_view header) {
  return Reader(header.substr(header.size() - sizeof(std::uint64_t))).u64();
}

std::string encode_head(const BlockHead& head, std::uint64_t seed) {
  std::string out;
  Writer writer(out);
  writer.put(std::uint64_t{0});
  writer.put(head.body_checksum);
  writer.put(head.stored_bytes);
  writer.put(head.piece_bytes);
  writer.put(static_cast<std::uint64_t>(head.type));
  writer.patch(0, checksum(std::string_view(out).substr(8), seed));
  return out;
}

std::string encode_footer(std::uint64_t blocks, std::uint64_t bytes, std::uint64_t chain) {
  std::string out;
  Writer writer(out);
  writer.put(blocks);
  writer.put(bytes);
  writer.put(chain);
  return out;
}

// The chain, with one more block.
std::uint64_t chained(std::uint64_t chain, std::uint64_t body_checksum) {
  std::string bytes;
  Writer(bytes).put(body_checksum);
  return checksum(bytes, chain);
}

}  // namespace

std::expected<DecodedSnapshotHeader, std::string> decode_snapshot_header(std::string_view file) {
  Reader reader(file);
  if (file.size() < kHeaderBytesMin) {
    return std::unexpected("the file is too short for a snapshot's header");
  }
  if (reader.raw(kMagic.size()) != kMagic) {
    return std::unexpected("the snapshot's header is damaged: it does not begin with HOLDSNAP");
  }
  const auto version = reader.u32();
  if (version != kSnapshotVersion) {
    return std::unexpected("the snapshot is of format version " + std::to_string(version) +
                           ", this program reads version " + std::to_string(kSnapshotVersion));
  }
  const std::size_t length = reader.u32();
  if (length < kHeaderBytesMin || length > file.size()) {
    return std::unexpected("the snapshot's header is damaged: its length is wrong");
  }
  const auto raw = file.substr(0, length);
  DecodedSnapshotHeader decoded{.header = {}, .bytes = length, .seed = header_checksum(raw)};
  if (decoded.seed != checksum(raw.substr(0, length - sizeof(std::uint64_t)))) {
    return std::unexpected("the snapshot's header is damaged: its checksum is wrong");
  }
  SnapshotHeader& header = decoded.header;
  header.cluster = reader.u64();
  header.number = reader.u64();
  header.meta.last.index = reader.id<Index>();
  header.meta.last.term = reader.id<Term>();
  auto membership = raft::decode_membership(reader.raw(length - kHeaderBytesMin));
  if (!membership || !header.meta.last.index || !header.meta.last.term) {
    return std::unexpected("the snapshot's header is whole, but not one that this program writes");
  }
  header.meta.membership = std::move(*membership);
  return decoded;
}

SnapshotEncoder::SnapshotEncoder(const SnapshotHeader& header)
    : header_(encode_header(header)),
      seed_(header_checksum(header_)),
      offset_(header_.size()),
      chain_(seed_) {
  CHECK(header.meta.last.index && header.meta.last.term);
}

std::string SnapshotEncoder::block(std::string_view piece) {
  CHECK(!piece.empty() && piece.size() <= kPieceBytesMax);
  std::string out(kBlockHeadBytes, '\0');
  compressor_.append(out, piece);
  const auto body = std::string_view(out).substr(kBlockHeadBytes);
  const auto seed = seed_ + offset_;
  const BlockHead head{.body_checksum = checksum(body, seed),
                       .stored_bytes = static_cast<std::uint32_t>(body.size()),
                       .piece_bytes = static_cast<std::uint32_t>(piece.size())};
  out.replace(0, kBlockHeadBytes, encode_head(head, seed));
  chain_ = chained(chain_, head.body_checksum);
  offset_ += out.size();
  ++blocks_;
  bytes_ += piece.size();
  return out;
}

std::string SnapshotEncoder::footer() const {
  const std::string body = encode_footer(blocks_, bytes_, chain_);
  const auto seed = seed_ + offset_;
  const BlockHead head{.body_checksum = checksum(body, seed),
                       .stored_bytes = static_cast<std::uint32_t>(body.size()),
                       .type = BlockType::kFooter};
  return encode_head(head, seed) + body;
}

std::optional<BlockHead> decode_block_head(std::string_view bytes, std::uint64_t seed,
                                           std::uint64_t offset) {
  if (bytes.size() != kBlockHeadBytes) return {};
  Reader reader(bytes);
  if (reader.u64() != checksum(bytes.substr(8), seed + offset)) return {};
  BlockHead head;
  head.body_checksum = reader.u64();
  head.stored_bytes = reader.u32();
  head.piece_bytes = reader.u32();
  const auto type = reader.u64();
  const bool is_piece = type == static_cast<std::uint64_t>(BlockType::kPiece) &&
                        head.piece_bytes > 0 && head.piece_bytes <= kPieceBytesMax;
  const bool is_footer = type == static_cast<std::uint64_t>(BlockType::kFooter) &&
                         head.stored_bytes == kFooterBytes - kBlockHeadBytes;
  if (!is_piece && !is_footer) return {};
  head.type = is_piece ? BlockType::kPiece : BlockType::kFooter;
  return head;
}

std::optional<std::string> BlockVerifier::piece(const BlockHead& head, std::string_view body,
                                                std::uint64_t offset) {
  if (head.body_checksum != checksum(body, seed_ + offset)) return {};
  auto piece = decompress(body, head.piece_bytes);
  if (!piece) return {};
  ++blocks_;
  bytes_ += piece->size();
  chain_ = chained(chain_, head.body_checksum);
  return piece;
}

bool BlockVerifier::footer(const BlockHead& head, std::string_view body,
                           std::uint64_t offset) const {
  return head.body_checksum == checksum(body, seed_ + offset) &&
         body == encode_footer(blocks_, bytes_, chain_);
}

}  // namespace holdfast::storage
