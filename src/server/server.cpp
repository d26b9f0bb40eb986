#include "server/server.hpp"

#include <malloc.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <utility>

#include "server/listen.hpp"
#include "server/node.hpp"
#include "server/node_data.hpp"
#include "storage/posix_disk.hpp"

namespace holdfast::server {

namespace {

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

Exit run_server(Options options) {
  std::signal(SIGPIPE, SIG_IGN);
  // glibc keeps small freed blocks by themselves and joins all of them when a large one is freed:
  // after a million keys had expired that was a pause of 40 ms, at some later time.
  ::mallopt(M_MXFAST, 0);
  spdlog::info("Holdfast node {}, data in {}", options.id.value(), options.data);
  storage::PosixDisk disk;
  auto data = open_node_data(disk, options);
  if (!data) {
    spdlog::critical("{}", data.error().message);
    return data.error().code;
  }
  for (const std::string& note : data->stored.notes) spdlog::warn("{}", note);
  const raft::Restored& restored = data->stored.restored;
  spdlog::info("log: {} entries behind entry {}, snapshot of entry {}, term {}",
               restored.entries.size(), restored.base.index.value(),
               restored.snapshot.last.index.value(), restored.hard_state.term.value());
  asio::io_context io(1);
  return serve(io, std::move(options), std::move(data->stored));
}

}  // namespace holdfast::server
