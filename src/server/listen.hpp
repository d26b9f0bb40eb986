#pragma once

#include <expected>
#include <string>

#include "base/address.hpp"
#include "server/asio.hpp"

namespace holdfast::server {

// A listening socket, or a line for the operator: what could not be done, why, and which option
// (`flag`) to change.
std::expected<tcp::acceptor, std::string> listen_on(asio::io_context& io, const Address& address,
                                                    const std::string& flag);

// Lets the process have as many open files as `clients_max` clients need, as far as the system
// allows; returns how many clients that is.
std::size_t make_room_for_clients(std::size_t clients_max);

}  // namespace holdfast::server
