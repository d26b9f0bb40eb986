#include "server/node_data.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "server/join.hpp"

namespace holdfast::server {

namespace {

using Opened = std::expected<NodeData, StartError>;
using FolderKind = storage::FolderError::Kind;

std::unexpected<StartError> refuse(Exit code, std::string message) {
  return std::unexpected(StartError{code, std::move(message)});
}

std::unexpected<StartError> refuse(const storage::FolderError& error) {
  const bool is_damaged =
      error.kind == FolderKind::kDamaged || error.kind == FolderKind::kNoIdentity;
  return refuse(is_damaged ? Exit::kDamaged : Exit::kFailed, error.message);
}

// By the command line if it says so, else by the folder, else by those whom it wants to join.
std::expected<std::uint64_t, StartError> find_cluster(storage::Disk& disk, const Options& options) {
  if (options.cluster_is_given) return cluster_id(options);
  const auto identity = storage::read_identity(disk, options.data);
  if (identity) return identity->cluster;
  const bool is_new = identity.error().kind == FolderKind::kNoIdentity;
  if (!is_new) return refuse(identity.error());
  if (options.join.empty()) return cluster_id(options);
  auto cluster = ask_cluster(options);
  if (!cluster) return refuse(Exit::kFailed, cluster.error());
  return *cluster;
}

Opened open_folder(storage::Disk& disk, Options& options) {
  const auto cluster = find_cluster(disk, options);
  if (!cluster) return std::unexpected(cluster.error());
  options.cluster_number = *cluster;
  auto folder = storage::DataFolder::open(
      disk, options.data, {*cluster, options.id},
      first_membership(options, advertised_peer_address(options, options.peer_listen)));
  if (!folder) return refuse(folder.error());
  auto stored =
      replica::open_stored(disk, options.data, {*cluster, options.id, options.segment_bytes}, {});
  if (!stored) {
    return refuse(stored.error().is_damaged ? Exit::kDamaged : Exit::kFailed,
                  stored.error().message);
  }
  return NodeData{std::move(*folder), std::move(*stored)};
}

// Moves away what can't be used. The folder is then a new node's, which waits to be added.
Opened open_or_put_aside(storage::Disk& disk, Options& options) {
  Opened opened = open_folder(disk, options);
  if (opened || opened.error().code != Exit::kDamaged || !options.repair) return opened;
  spdlog::error("{}", opened.error().message);
  const auto moved = storage::DataFolder::set_aside(disk, options.data);
  if (!moved) return refuse(moved.error());
  if (*moved) spdlog::warn("moved what was there to {}", (*moved)->path);
  return open_folder(disk, options);
}

// As the cluster began, by the folder; addresses may have changed since, if the command line says
// others.
void take_first_members(const storage::DataFolder& folder, Options& options) {
  const bool began_alone = folder.initial().members.empty();
  if (!began_alone && options.cluster_is_given) return;
  options.cluster.clear();
  for (const raft::Member& member : folder.initial().members) {
    if (const auto address = Address::parse(member.address)) options.cluster[member.id] = *address;
  }
}

// Of a node that waits to be added, or was added and has heard nothing since. It may have been
// removed again, and nobody would tell a node that none of them has ever reached.
bool has_heard_nothing(const raft::Restored& restored) {
  return !restored.snapshot.last.index && restored.entries.empty();
}

// A leader that the others have replaced may be asked: it can't take back what is on disk.
bool may_follow(const raft::HardState& next, const raft::HardState& stored) {
  if (next.term == stored.term) return !stored.voted_for || next.voted_for == stored.voted_for;
  return next.term > stored.term;
}

std::expected<void, StartError> join_cluster(const Options& options, NodeData& data) {
  if (options.join.empty()) {
    return refuse(Exit::kFailed, "node " + std::to_string(options.id.value()) +
                                     " belongs to no cluster yet: --join HOST:PORT names a member "
                                     "that adds it");
  }
  const auto begun = be_added(options, advertised_peer_address(options, options.peer_listen));
  if (!begun) return refuse(Exit::kFailed, "can't join: " + begun.error());
  if (!may_follow(*begun, data.stored.restored.hard_state)) {
    return refuse(Exit::kFailed, "can't join: the node that was asked leads no more; try again");
  }
  raft::Persist batch{.ticket = {}, .hard_state = *begun, .first = {}, .entries = {}};
  auto written = data.stored.wal.append(std::move(batch));
  if (written) written = data.stored.wal.sync();
  if (!written) return refuse(Exit::kDiskFailed, written.error().message());
  data.stored.restored.hard_state = *begun;
  return {};
}

}  // namespace

Opened open_node_data(storage::Disk& disk, Options& options) {
  Opened opened = open_or_put_aside(disk, options);
  if (!opened) return opened;
  take_first_members(opened->folder, options);
  const raft::Restored& restored = opened->stored.restored;
  const bool was_added = restored.hard_state.term.value() != 0;
  const bool must_join = opened->folder.initial().members.empty() && has_heard_nothing(restored) &&
                         !(was_added && options.join.empty());
  if (must_join) {
    if (auto joined = join_cluster(options, *opened); !joined) {
      return std::unexpected(joined.error());
    }
  }
  return opened;
}

}  // namespace holdfast::server
