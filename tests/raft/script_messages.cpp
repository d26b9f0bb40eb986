#include "raft/script_messages.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "raft/message_text.hpp"

namespace holdfast::raft {

namespace {

using Words = std::vector<std::string>;

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
  std::vector<TermRun> runs() const {
    std::vector<TermRun> runs;
    std::istringstream in(list("runs"));
    for (std::string run; std::getline(in, run, ',');) {
      runs.push_back({Term(std::stoull(run)), Index(std::stoull(run.substr(run.find(':') + 1)))});
    }
    return runs;
  }
  std::vector<Entry> entries() const {
    std::vector<Entry> entries;
    std::istringstream in(list("entries"));
    for (std::string term; std::getline(in, term, ',');) {
      entries.push_back({Term(std::stoull(term)), EntryKind::kCommand, Payload("injected")});
    }
    return entries;
  }

 private:
  std::string list(const std::string& name) const {
    const std::string items = text(name);
    return items == "-" ? "" : items;
  }

  Words words_;
};

}  // namespace

bool matches(const Message& message, const Words& words) {
  const Words all = words_of(message);
  return std::ranges::all_of(
      words, [&](const std::string& word) { return std::ranges::find(all, word) != all.end(); });
}

std::string list(const std::deque<Envelope>& wire) {
  std::string text;
  for (const Envelope& envelope : wire) {
    text += "\n    " + std::to_string(envelope.from.value()) + "->" +
            std::to_string(envelope.to.value()) + " " + to_text(envelope.message);
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
                          f.runs()};
  }
  if (name == "heartbeat") {
    return Heartbeat{term, Index(f.number("commit")), Round(f.number("round"))};
  }
  if (name == "heartbeat_response") {
    return HeartbeatResponse{.term = term,
                             .round = Round(f.number("round")),
                             .received = Index(f.number("received")),
                             .promise = std::chrono::milliseconds(f.number("promise"))};
  }
  if (name == "read_request") return ReadIndexRequest{term, f.number("token")};
  if (name == "read_response") {
    return ReadIndexResponse{term, f.number("token"), f.number("granted") != 0,
                             Index(f.number("index"))};
  }
  if (name == "timeout_now") return TimeoutNow{term};
  if (name == "removed") return Removed{term};
  throw std::runtime_error("there is no message " + name);
}

}  // namespace holdfast::raft
