#pragma once

#include <deque>
#include <string>
#include <vector>

#include "raft/messages.hpp"

namespace holdfast::raft {

// Messages as words for scripts: "append term=2 prev=1 prev_term=1 commit=1 entries=2,2".
std::string name_of(const Message& message);
std::string to_text(const Message& message);
Message parse_message(const std::vector<std::string>& words);
// Whether the message has this name and these fields.
bool matches(const Message& message, const std::vector<std::string>& words);
// What lies on a wire, a line each.
std::string list(const std::deque<Envelope>& wire);

}  // namespace holdfast::raft
