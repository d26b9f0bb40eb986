#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "server/asio.hpp"
#include "wire/messages.hpp"

namespace holdfast::server {

// How long a peer may take to say who it is.
inline constexpr auto kGreetingTimeout = std::chrono::seconds(5);

// No delay; a peer that acknowledges nothing for three seconds, or vanishes without a word, is
// noticed by the kernel.
void prepare_peer_socket(tcp::socket& socket);

// Why a peer that says this is not one of ours; nothing if it is.
std::optional<std::string> object_to(const wire::Hello& hello, std::uint64_t cluster, NodeId self);

}  // namespace holdfast::server
