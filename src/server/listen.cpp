#include "server/listen.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace holdfast::server {

namespace {

// Files of the log, sockets of peers, the standard streams, and some to spare.
constexpr rlim_t kOtherFiles = 512;

}  // namespace

std::expected<tcp::acceptor, std::string> listen_on(asio::io_context& io, const Address& address,
                                                    const std::string& flag) {
  const auto failed = [&](const std::string& why) {
    return std::unexpected("can't listen on " + address.to_string() + " (" + flag + "): " + why);
  };
  ErrorCode error;
  tcp::resolver resolver(io);
  const auto endpoints =
      resolver.resolve(address.host, std::to_string(address.port), tcp::resolver::passive, error);
  if (error) return failed("the name can't be resolved: " + error.message());
  const tcp::endpoint endpoint = *endpoints.begin();
  tcp::acceptor acceptor(io);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (error == asio::error::address_in_use) {
    return failed("another program uses this port; stop it or choose another port");
  }
  if (error) return failed(error.message());
  return acceptor;
}

std::size_t make_room_for_clients(std::size_t clients_max) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return clients_max;
  const rlim_t wanted = std::min<rlim_t>(clients_max + kOtherFiles, limit.rlim_max);
  if (limit.rlim_cur < wanted) {
    rlimit raised = limit;
    raised.rlim_cur = wanted;
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  if (limit.rlim_cur >= clients_max + kOtherFiles) return clients_max;
  return limit.rlim_cur > 2 * kOtherFiles ? limit.rlim_cur - kOtherFiles : limit.rlim_cur / 2;
}

}  // namespace holdfast::server
