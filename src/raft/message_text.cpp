#include "raft/message_text.hpp"

#include "base/overload.hpp"

namespace holdfast::raft {

namespace {

using Words = std::vector<std::string>;

std::string number(std::uint64_t value) {
  return std::to_string(value);
}
template <class Tag>
std::string number(Strong<Tag> id) {
  return std::to_string(id.value());
}

std::string text_of(const std::vector<Entry>& entries) {
  std::string text;
  for (const Entry& entry : entries) text += (text.empty() ? "" : ",") + number(entry.term);
  return text.empty() ? "-" : text;
}

std::string text_of(const std::vector<TermRun>& runs) {
  std::string text;
  for (const TermRun& run : runs) {
    text += (text.empty() ? "" : ",") + number(run.term) + ":" + number(run.first);
  }
  return text.empty() ? "-" : text;
}

}  // namespace

std::vector<std::string> words_of(const Message& message) {
  return std::visit(
      Overload{
          [](const VoteRequest& m) {
            return Words{"vote_request",
                         "term=" + number(m.term),
                         "last=" + number(m.last_index),
                         "last_term=" + number(m.last_term),
                         "pre=" + number(m.pre),
                         "forced=" + number(m.forced)};
          },
          [](const VoteResponse& m) {
            return Words{"vote_response", "term=" + number(m.term), "pre=" + number(m.pre),
                         "granted=" + number(m.granted)};
          },
          [](const AppendRequest& m) {
            return Words{"append",
                         "term=" + number(m.term),
                         "prev=" + number(m.prev_index),
                         "prev_term=" + number(m.prev_term),
                         "commit=" + number(m.commit),
                         "entries=" + text_of(m.entries)};
          },
          [](const AppendResponse& m) {
            return Words{"append_response",
                         "term=" + number(m.term),
                         "accepted=" + number(m.accepted),
                         "match=" + number(m.match),
                         "rejected=" + number(m.rejected),
                         "last=" + number(m.last),
                         "runs=" + text_of(m.runs)};
          },
          [](const Heartbeat& m) {
            return Words{"heartbeat", "term=" + number(m.term), "commit=" + number(m.commit),
                         "round=" + number(m.round)};
          },
          [](const HeartbeatResponse& m) {
            return Words{"heartbeat_response", "term=" + number(m.term), "round=" + number(m.round),
                         "received=" + number(m.received),
                         "promise=" + number(m.promise.count() / 1000)};
          },
          [](const ReadIndexRequest& m) {
            return Words{"read_request", "term=" + number(m.term), "token=" + number(m.token)};
          },
          [](const ReadIndexResponse& m) {
            return Words{"read_response", "term=" + number(m.term), "token=" + number(m.token),
                         "granted=" + number(m.granted), "index=" + number(m.index)};
          },
          [](const TimeoutNow& m) {
            return Words{"timeout_now", "term=" + number(m.term)};
          },
          [](const Removed& m) {
            return Words{"removed", "term=" + number(m.term)};
          },
      },
      message);
}

std::string name_of(const Message& message) {
  return words_of(message).front();
}

std::string to_text(const Message& message) {
  std::string text;
  for (const std::string& word : words_of(message)) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace holdfast::raft
