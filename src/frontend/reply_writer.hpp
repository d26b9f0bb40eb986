#pragma once

#include <cstddef>
#include <string>

#include "kv/reply.hpp"
#include "resp/reply_writer.hpp"

namespace holdfast::frontend {

// A reply in the words of the protocol that the client chose.
void write_reply(const kv::Reply& reply, resp::Protocol protocol, std::string& out);

// About what it takes in memory.
std::size_t reply_bytes(const kv::Reply& reply);

}  // namespace holdfast::frontend
