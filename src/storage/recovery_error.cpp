#include "storage/recovery_error.hpp"

namespace holdfast::storage {
namespace {

using Kind = RecoveryError::Kind;

std::string_view advice(Kind kind) {
  switch (kind) {
    case Kind::kIo:
      return "Check the disk and the rights on the folder, then start again.";
    case Kind::kForeign:
      return "Start the node with its own data folder.";
    case Kind::kMissingLog:
      return "If a node has run on this folder, put its log back: without it the node would forget "
             "votes and acknowledged writes. Else name the right folder.";
    case Kind::kInvalid:
      return "Start the version of Holdfast that wrote it, and report this as a bug.";
    case Kind::kMissingSegment:
      return "Put the files back. The node does not start without them, as it would forget votes "
             "and acknowledged writes; the other nodes go on. If they are lost, --repair sets the "
             "folder aside and lets the node come back empty. See docs/log-format.md, \"When a "
             "node "
             "refuses to start\".";
    case Kind::kDamaged:
      return "The node does not start, as it would forget votes and acknowledged writes; the other "
             "nodes go on. Check the disk and keep the folder. See docs/log-format.md, \"When a "
             "node refuses to start\".";
  }
  return {};
}

}  // namespace

std::string RecoveryError::message() const {
  const auto where =
      kind == Kind::kIo ? std::string() : path + " at offset " + std::to_string(offset) + ": ";
  return where + reason + ". " + std::string(advice(kind));
}

}  // namespace holdfast::storage
