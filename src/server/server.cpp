#include "server/server.hpp"

#include <spdlog/spdlog.h>

#include <csignal>
#include <utility>

#include "server/listen.hpp"
#include "server/node.hpp"
#include "storage/data_folder.hpp"
#include "storage/posix_disk.hpp"

namespace holdfast::server {

namespace {

Exit exit_for(const storage::FolderError& error) {
  return error.kind == storage::FolderError::Kind::kDamaged ||
                 error.kind == storage::FolderError::Kind::kNoIdentity
             ? Exit::kDamaged
             : Exit::kFailed;
}

Exit serve(asio::io_context& io, Options options, replica::Stored stored) {
  auto clients = listen_on(io, options.listen, "--listen");
  auto peers = clients ? listen_on(io, options.peer_listen, "--peer-listen") : std::move(clients);
  if (!peers) {
    spdlog::critical("{}", peers.error());
    return Exit::kFailed;
  }
  const std::size_t room = make_room_for_clients(options.max_clients);
  if (room < options.max_clients) {
    spdlog::warn(
        "the limit of open files allows {} clients, not {} (--max-clients); raise it "
        "with ulimit -n",
        room, options.max_clients);
    options.max_clients = room;
  }
  const auto clients_port = clients->local_endpoint().port();
  const auto peers_port = peers->local_endpoint().port();
  Node node(io, options, {std::move(*clients), std::move(*peers), std::move(stored)});
  spdlog::info("ready: clients on {}, peers on {}",
               Address{options.listen.host, clients_port}.to_string(),
               Address{options.peer_listen.host, peers_port}.to_string());
  const Exit code = node.run();
  spdlog::info("stopped");
  return code;
}

}  // namespace

Exit run_server(const Options& options) {
  std::signal(SIGPIPE, SIG_IGN);
  spdlog::info("Holdfast node {} of {}, data in {}", options.id.value(), options.cluster.size(),
               options.data);
  storage::PosixDisk disk;
  const auto folder = storage::DataFolder::open(
      disk, options.data, {cluster_id(options), options.id},
      first_membership(options, advertised_peer_address(options, options.peer_listen)));
  if (!folder) {
    spdlog::critical("{}", folder.error().message);
    return exit_for(folder.error());
  }
  auto stored = replica::open_stored(disk, options.data,
                                     {cluster_id(options), options.id, options.segment_bytes}, {});
  if (!stored) {
    spdlog::critical("{}", stored.error().message);
    return stored.error().is_damaged ? Exit::kDamaged : Exit::kFailed;
  }
  for (const std::string& note : stored->notes) spdlog::warn("{}", note);
  const raft::Restored& restored = stored->restored;
  spdlog::info("log: {} entries behind entry {}, snapshot of entry {}, term {}",
               restored.entries.size(), restored.base.index.value(),
               restored.snapshot.last.index.value(), restored.hard_state.term.value());
  asio::io_context io(1);
  return serve(io, options, std::move(*stored));
}

}  // namespace holdfast::server
