#pragma once

#include <string>
#include <vector>

#include "raft/messages.hpp"

namespace holdfast::raft {

// Messages as words: "append term=2 prev=1 prev_term=1 commit=1 entries=2,2". All fields but the
// entries' kinds and payloads.
std::vector<std::string> words_of(const Message& message);
std::string name_of(const Message& message);
std::string to_text(const Message& message);

}  // namespace holdfast::raft
