#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "raft/types.hpp"
#include "storage/compression.hpp"

// The bytes of a snapshot file; docs/snapshot-format.md is the same in prose, with an example.
//
//   file:    header, blocks, footer
//   block:   head (32 bytes), a piece of the state, compressed
//   footer:  head (32 bytes), how many blocks there are and what they hold
//
// Checksums are seeded with the header's own and with the offset: a block that a disk or a person
// put into another place or file is not a block.
namespace holdfast::storage {

inline constexpr std::uint32_t kSnapshotVersion = 1;
inline constexpr std::uint64_t kSnapshotHeaderBytesMax = 64 << 10;
inline constexpr std::uint64_t kBlockHeadBytes = 32;
inline constexpr std::uint64_t kFooterBytes = kBlockHeadBytes + 24;
// Room for the longest value, its key, and what stands beside it in a piece.
inline constexpr std::uint64_t kPieceBytesMax = std::uint64_t{2} << 30;

struct SnapshotHeader {
  std::uint64_t cluster = 0;
  std::uint64_t number = 0;  // drawn when it was made, so that two files of one position differ
  raft::SnapshotMeta meta = {};

  bool operator==(const SnapshotHeader&) const = default;
};

struct DecodedSnapshotHeader {
  SnapshotHeader header;
  std::uint64_t bytes = 0;  // where the first block begins
  std::uint64_t seed = 0;   // of the blocks' checksums; one at `offset` uses seed + offset
};

// `file` begins with kSnapshotHeaderBytesMax bytes of the file, or all of it. The error says what
// is wrong with it.
std::expected<DecodedSnapshotHeader, std::string> decode_snapshot_header(std::string_view file);

// Makes the bytes of a file, from its front to its end.
class SnapshotEncoder {
 public:
  explicit SnapshotEncoder(const SnapshotHeader& header);

  const std::string& header() const { return header_; }
  // `piece` is not empty.
  std::string block(std::string_view piece);
  std::string footer() const;

 private:
  std::string header_;
  std::uint64_t seed_;
  std::uint64_t offset_;  // of the next block
  std::uint64_t blocks_ = 0;
  std::uint64_t bytes_ = 0;  // of all pieces, before compression
  std::uint64_t chain_;      // over all blocks' checksums, in their order
  Compressor compressor_;
};

enum class BlockType : std::uint8_t { kPiece = 1, kFooter = 2 };

struct BlockHead {
  std::uint64_t body_checksum = 0;
  std::uint32_t stored_bytes = 0;  // of the body
  std::uint32_t piece_bytes = 0;   // of a piece's body, when decompressed
  BlockType type = BlockType::kPiece;
};

// Nothing: it is damaged, or belongs elsewhere.
std::optional<BlockHead> decode_block_head(std::string_view bytes, std::uint64_t seed,
                                           std::uint64_t offset);

// Checks the blocks of a file, in their order, from what its header and their heads say.
class BlockVerifier {
 public:
  explicit BlockVerifier(std::uint64_t seed) : seed_(seed), chain_(seed) {}

  // The piece in a block's body; nothing if it is damaged.
  std::optional<std::string> piece(const BlockHead& head, std::string_view body,
                                   std::uint64_t offset);
  // Whether the footer is whole, and tells of the blocks that were given to piece().
  bool footer(const BlockHead& head, std::string_view body, std::uint64_t offset) const;

 private:
  std::uint64_t seed_;
  std::uint64_t blocks_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t chain_;
};

}  // namespace holdfast::storage
