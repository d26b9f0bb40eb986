#include "server/peer_socket.hpp"

#include <netinet/tcp.h>

namespace holdfast::server {

namespace {

template <int kName>
using TcpInt = asio::detail::socket_option::integer<IPPROTO_TCP, kName>;

constexpr int kUserTimeoutMs = 3000;
constexpr int kKeepIdleSeconds = 2;
constexpr int kKeepIntervalSeconds = 1;
constexpr int kKeepProbes = 3;

}  // namespace

void prepare_peer_socket(tcp::socket& socket) {
  // Without one of these a connection is slower to notice trouble, but works.
  ErrorCode ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  socket.set_option(TcpInt<TCP_KEEPIDLE>(kKeepIdleSeconds), ignored);
  socket.set_option(TcpInt<TCP_KEEPINTVL>(kKeepIntervalSeconds), ignored);
  socket.set_option(TcpInt<TCP_KEEPCNT>(kKeepProbes), ignored);
  socket.set_option(TcpInt<TCP_USER_TIMEOUT>(kUserTimeoutMs), ignored);
}

std::optional<std::string> object_to(const wire::Hello& hello, std::uint64_t cluster, NodeId self) {
  if (hello.cluster != cluster) {
    return "it belongs to another cluster: --cluster, or --cluster-name, must be the same on all "
           "nodes";
  }
  if (hello.to != self) {
    return "it takes this node, " + std::to_string(self.value()) + ", for node " +
           std::to_string(hello.to.value()) + ": check the addresses in --cluster";
  }
  return std::nullopt;
}

}  // namespace holdfast::server
