#include "storage/snapshot_read.hpp"

namespace holdfast::storage {
namespace {

using Kind = SnapshotError::Kind;
using Outcome = std::expected<void, SnapshotError>;

std::unexpected<SnapshotError> io_failed(const IoError& error) {
  return std::unexpected(as_snapshot_error(error));
}

// One reading of a file, behind its header.
class SnapshotReading {
 public:
  SnapshotReading(File& file, const std::string& path, const DecodedSnapshotHeader& header,
                  const PieceVisitor& visit)
      : file_(file),
        path_(path),
        visit_(visit),
        seed_(header.seed),
        offset_(header.bytes),
        verifier_(header.seed) {}

  Outcome run();

 private:
  std::expected<BlockHead, SnapshotError> read_head();
  Outcome read_piece(const BlockHead& head);
  Outcome read_footer(const BlockHead& head);
  // All of it, or the error that the file is cut.
  std::expected<std::string, SnapshotError> read(std::uint64_t offset, std::uint64_t size);
  std::unexpected<SnapshotError> refuse(Kind kind, std::string reason) const {
    return std::unexpected(SnapshotError{kind, path_, offset_, std::move(reason)});
  }

  File& file_;
  const std::string& path_;
  const PieceVisitor& visit_;
  std::uint64_t seed_;
  std::uint64_t file_bytes_ = 0;
  std::uint64_t offset_;  // of the block being read
  BlockVerifier verifier_;
};

Outcome SnapshotReading::run() {
  const auto size = file_.size();
  if (!size) return io_failed(size.error());
  file_bytes_ = *size;
  for (;;) {
    const auto head = read_head();
    if (!head) return std::unexpected(head.error());
    if (head->type == BlockType::kFooter) return read_footer(*head);
    if (auto done = read_piece(*head); !done) return done;
    offset_ += kBlockHeadBytes + head->stored_bytes;
  }
}

std::expected<BlockHead, SnapshotError> SnapshotReading::read_head() {
  const auto bytes = read(offset_, kBlockHeadBytes);
  if (!bytes) return std::unexpected(bytes.error());
  const auto head = decode_block_head(*bytes, seed_, offset_);
  if (!head) return refuse(Kind::kDamaged, "a block's head is damaged");
  return *head;
}

Outcome SnapshotReading::read_piece(const BlockHead& head) {
  const auto body = read(offset_ + kBlockHeadBytes, head.stored_bytes);
  if (!body) return std::unexpected(body.error());
  const auto piece = verifier_.piece(head, *body, offset_);
  if (!piece) return refuse(Kind::kDamaged, "a block is damaged");
  if (!visit_(*piece)) {
    return refuse(Kind::kInvalid, "the block is whole, but not a piece of a state");
  }
  return {};
}

Outcome SnapshotReading::read_footer(const BlockHead& head) {
  const auto body = read(offset_ + kBlockHeadBytes, head.stored_bytes);
  if (!body) return std::unexpected(body.error());
  if (!verifier_.footer(head, *body, offset_))
    return refuse(Kind::kDamaged, "the footer is damaged");
  offset_ += kFooterBytes;
  if (offset_ != file_bytes_) return refuse(Kind::kDamaged, "there are bytes behind the footer");
  return {};
}

// The room is bounded by the file, whatever a head says.
std::expected<std::string, SnapshotError> SnapshotReading::read(std::uint64_t offset,
                                                                std::uint64_t size) {
  if (offset > file_bytes_ || size > file_bytes_ - offset) {
    return refuse(Kind::kDamaged, "the file is cut off");
  }
  auto bytes = file_.read(offset, static_cast<std::size_t>(size));
  if (!bytes) return io_failed(bytes.error());
  if (bytes->size() != size) return refuse(Kind::kDamaged, "the file is cut off");
  return std::move(*bytes);
}

std::expected<SnapshotHeader, SnapshotError> read_all(Disk& disk, const std::string& path,
                                                      std::optional<std::uint64_t> cluster,
                                                      const PieceVisitor& visit) {
  auto file = disk.open(path, OpenMode::kRead);
  if (!file) return io_failed(file.error());
  auto header = read_snapshot_header(**file, path, cluster);
  if (!header) return std::unexpected(header.error());
  if (auto done = SnapshotReading(**file, path, *header, visit).run(); !done) {
    return std::unexpected(done.error());
  }
  return std::move(header->header);
}

std::string_view advice(Kind kind) {
  switch (kind) {
    case Kind::kIo:
      return "Check the disk and the rights on the folder.";
    case Kind::kMissing:
      return "Put it back: without it the node would forget what it has acknowledged.";
    case Kind::kForeign:
      return "Start the node with its own data folder.";
    case Kind::kInvalid:
      return "Start the version of Holdfast that wrote it, and report this as a bug.";
    case Kind::kDamaged:
      return "Check the disk and keep the folder. See docs/snapshot-format.md, \"When a snapshot "
             "is "
             "refused\".";
  }
  return {};
}

}  // namespace

std::string SnapshotError::description() const {
  if (kind == Kind::kIo || kind == Kind::kMissing) return reason;
  return path + " at offset " + std::to_string(offset) + ": " + reason;
}

std::string SnapshotError::message() const {
  return description() + ". " + std::string(advice(kind));
}

SnapshotError incomplete_state(const std::string& path) {
  return {.kind = Kind::kInvalid, .path = path, .reason = "its state is not complete"};
}

SnapshotError as_snapshot_error(const IoError& error) {
  const bool missing = error.kind == IoError::Kind::kNotFound;
  return {missing ? Kind::kMissing : Kind::kIo, error.path, 0, error.message()};
}

std::expected<DecodedSnapshotHeader, SnapshotError> read_snapshot_header(
    File& file, const std::string& path, std::optional<std::uint64_t> cluster) {
  const auto front = file.read(0, kSnapshotHeaderBytesMax);
  if (!front) return io_failed(front.error());
  auto decoded = decode_snapshot_header(*front);
  if (!decoded) return std::unexpected(SnapshotError{Kind::kDamaged, path, 0, decoded.error()});
  if (cluster && decoded->header.cluster != *cluster) {
    return std::unexpected(SnapshotError{Kind::kForeign, path, 0,
                                         "the snapshot belongs to cluster " +
                                             std::to_string(decoded->header.cluster) + ", not to " +
                                             std::to_string(*cluster)});
  }
  return std::move(*decoded);
}

std::expected<raft::SnapshotMeta, SnapshotError> read_snapshot(Disk& disk, const std::string& path,
                                                               std::uint64_t cluster,
                                                               const PieceVisitor& visit) {
  auto header = read_all(disk, path, cluster, visit);
  if (!header) return std::unexpected(header.error());
  return std::move(header->meta);
}

std::expected<SnapshotHeader, SnapshotError> read_snapshot_copy(Disk& disk, const std::string& path,
                                                                const PieceVisitor& visit) {
  return read_all(disk, path, std::nullopt, visit);
}

}  // namespace holdfast::storage
