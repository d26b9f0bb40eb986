#pragma once

#include <deque>
#include <string>
#include <vector>

#include "raft/messages.hpp"

namespace holdfast::raft {

// Messages as a script names them (raft/message_text.hpp), read.
Message parse_message(const std::vector<std::string>& words);
// Whether the message has this name and these fields.
bool matches(const Message& message, const std::vector<std::string>& words);
// What lies on a wire, a line each.
std::string list(const std::deque<Envelope>& wire);

}  // namespace holdfast::raft
