#include "raft/message_text.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

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

std::string terms(const std::vector<Entry>& entries) {
  std::string text;
  for (const Entry& entry : entries) text += (text.empty() ? "" : ",") + number(entry.term);
  return text.empty() ? "-" : text;
}

Words words_of(const Message& message) {
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
                         "entries=" + terms(m.entries)};
          },
          [](const AppendResponse& m) {
            return Words{"append_response",
                         "term=" + number(m.term),
                         "accepted=" + number(m.accepted),
                         "match=" + number(m.match),
                         "rejected=" + number(m.rejected),
                         "last=" + number(m.last)};
          },
          [](const Heartbeat& m) {
            return Words{"heartbeat", "term=" + number(m.term), "commit=" + number(m.commit),
                         "round=" + number(m.round)};
          },
          [](const HeartbeatResponse& m) {
            return Words{"heartbeat_response", "term=" + number(m.term), "round=" + number(m.round),
                         "received=" + number(m.received)};
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
      },
      message);
}

// The fields of an injected message, each of which must be asked for.
class Fields {
 public:
  explicit Fields(const Words& words) : words_(words.begin() + 1, words.end()) {}

  std::string text(const std::string& name) const {
    for (const std::string& word : words_) {
      if (word.starts_with(name + "=")) return word.substr(name.size() + 1);
    }
    return {};
  }
  std::uint64_t number(const std::string& name) const {
    const std::string value = text(name);
    return value.empty() ? 0 : std::stoull(value);
  }
  std::vector<Entry> entries() const {
    std::vector<Entry> entries;
    std::istringstream in(text("entries"));
    for (std::string term; std::getline(in, term, ',');) {
      entries.push_back({Term(std::stoull(term)), EntryKind::kCommand, Payload("injected")});
    }
    return entries;
  }

 private:
  Words words_;
};

}  // namespace

std::string name_of(const Message& message) {
  return words_of(message).front();
}

std::string to_text(const Message& message) {
  std::string text;
  for (const std::string& word : words_of(message)) text += (text.empty() ? "" : " ") + word;
  return text;
}

bool matches(const Message& message, const Words& words) {
  const Words all = words_of(message);
  return std::ranges::all_of(
      words, [&](const std::string& word) { return std::ranges::find(all, word) != all.end(); });
}

std::string list(const std::deque<Envelope>& wire) {
  std::string text;
  for (const Envelope& envelope : wire) {
    text += "\n    " + number(envelope.from) + "->" + number(envelope.to) + " " +
            to_text(envelope.message);
  }
  return text.empty() ? " nothing" : text;
}

Message parse_message(const Words& words) {
  const Fields f(words);
  const Term term(f.number("term"));
  const std::string& name = words.at(0);
  if (name == "vote_request") {
    return VoteRequest{term, Index(f.number("last")), Term(f.number("last_term")),
                       f.number("pre") != 0, f.number("forced") != 0};
  }
  if (name == "vote_response") {
    return VoteResponse{term, f.number("pre") != 0, f.number("granted") != 0};
  }
  if (name == "append") {
    return AppendRequest{term, Index(f.number("prev")), Term(f.number("prev_term")),
                         Index(f.number("commit")), f.entries()};
  }
  if (name == "append_response") {
    return AppendResponse{term,
                          f.number("accepted") != 0,
                          Index(f.number("match")),
                          Index(f.number("rejected")),
                          Index(f.number("last")),
                          {}};
  }
  if (name == "heartbeat") {
    return Heartbeat{term, Index(f.number("commit")), Round(f.number("round"))};
  }
  if (name == "heartbeat_response") {
    return HeartbeatResponse{term, Round(f.number("round")), Index(f.number("received"))};
  }
  if (name == "read_request") return ReadIndexRequest{term, f.number("token")};
  if (name == "read_response") {
    return ReadIndexResponse{term, f.number("token"), f.number("granted") != 0,
                             Index(f.number("index"))};
  }
  if (name == "timeout_now") return TimeoutNow{term};
  throw std::runtime_error("there is no message " + name);
}

}  // namespace holdfast::raft
