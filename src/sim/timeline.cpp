#include "sim/timeline.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "sim/network.hpp"

namespace holdfast::sim {

namespace {

constexpr Duration kResolutionMin = std::chrono::milliseconds(1);

// Forgets the oldest quarter; the time from which the record is complete.
template <class T, class At>
Instant drop_oldest(std::vector<T>& records, At at) {
  const auto keep = records.begin() + static_cast<std::ptrdiff_t>(records.size() / 4 + 1);
  records.erase(records.begin(), std::min(keep, records.end()));
  return records.empty() ? Instant::max() : at(records.front());
}

bool same_but_for_indexes(const SeenNode& a, const SeenNode& b) {
  return a.health == b.health && a.role == b.role && a.term == b.term && a.leader == b.leader;
}

}  // namespace

void Timeline::message(const SeenMessage& seen) {
  reach(seen.sent);
  ++messages_seen_;
  if (messages_.size() >= limits_.messages) thin_messages();
  const Fields fields = fields_of(seen.message);
  Message& made = messages_.emplace_back();
  made.number = seen.number;
  made.sent = seen.sent;
  made.arrives = seen.arrives;
  made.from = seen.from;
  made.to = seen.to;
  made.kind = kind_of(name_of(seen.message), fields);
  made.fate = seen.fate;
  for (std::size_t i = 0; i < fields.size(); ++i) made.values[i] = fields[i].value;
}

std::uint8_t Timeline::kind_of(std::string_view name, const Fields& fields) {
  const auto found = std::ranges::find(kinds_, name, &Kind::name);
  if (found != kinds_.end()) return static_cast<std::uint8_t>(found - kinds_.begin());
  Kind& made = kinds_.emplace_back();
  made.name = name;
  for (const Field& field : fields) made.fields.push_back(field.name);
  return static_cast<std::uint8_t>(kinds_.size() - 1);
}

bool Timeline::is_heartbeat(const Message& message) const {
  return kinds_[message.kind].name.starts_with("Heartbeat");
}

// Heartbeats of the older half; if those are few, the oldest of all kinds.
void Timeline::thin_messages() {
  const auto half = messages_.begin() + static_cast<std::ptrdiff_t>(messages_.size() / 2);
  const Instant middle = half->sent;
  const auto kept = std::remove_if(
      messages_.begin(), half, [this](const Message& message) { return is_heartbeat(message); });
  const auto freed = static_cast<std::size_t>(half - kept);
  messages_.erase(kept, half);
  gaps_.heartbeats_from = std::max(gaps_.heartbeats_from, middle);
  if (freed >= limits_.messages / 8) return;
  gaps_.messages_from = drop_oldest(messages_, [](const Message& message) { return message.sent; });
  gaps_.heartbeats_from = std::max(gaps_.heartbeats_from, gaps_.messages_from);
}

void Timeline::message_cut(Instant at, std::uint64_t number) {
  reach(at);
  const auto found = std::ranges::lower_bound(messages_, number, {}, &Message::number);
  if (found != messages_.end() && found->number == number) found->fate = Fate::kCut;
}

void Timeline::link(Instant at, NodeId from, NodeId to, bool is_cut) {
  reach(at);
  if (links_.size() >= limits_.lines) merge_links();
  links_.push_back({at, from, to, is_cut});
}

// What the older half of the changes came to stays, as if it had happened at once.
void Timeline::merge_links() {
  const auto half = links_.begin() + static_cast<std::ptrdiff_t>(links_.size() / 2);
  std::set<std::pair<NodeId, NodeId>> cuts;
  for (auto link = links_.begin(); link != half; ++link) {
    if (link->is_cut) {
      cuts.emplace(link->from, link->to);
    } else {
      cuts.erase({link->from, link->to});
    }
  }
  std::vector<Link> merged;
  for (const auto& [from, to] : cuts) merged.push_back({half->at, from, to, true});
  merged.insert(merged.end(), half, links_.end());
  links_ = std::move(merged);
}

void Timeline::node(Instant at, const SeenNode& seen) {
  reach(at);
  if (states_.size() >= limits_.states) thin_states();
  states_.push_back({at, seen});
}

void Timeline::thin_states() {
  const std::size_t enough = limits_.states * 3 / 4;
  Duration& resolution = gaps_.state_resolution;
  resolution = std::max(resolution, kResolutionMin);
  merge_states(resolution);
  while (states_.size() > enough && resolution < end_ - Events::kStart) {
    resolution *= 2;
    merge_states(resolution);
  }
  if (states_.size() <= enough) return;
  gaps_.states_from = drop_oldest(states_, [](const State& state) { return state.at; });
}

// Of several indexes that a node had in one stretch of time, the last ones stay.
void Timeline::merge_states(Duration resolution) {
  std::map<NodeId, State> later;
  std::vector<State> kept;
  for (auto state = states_.rbegin(); state != states_.rend(); ++state) {
    const auto next = later.find(state->node.id);
    if (next != later.end() && same_but_for_indexes(next->second.node, state->node) &&
        next->second.at.time_since_epoch() / resolution ==
            state->at.time_since_epoch() / resolution) {
      continue;
    }
    later.insert_or_assign(state->node.id, *state);
    kept.push_back(*state);
  }
  std::ranges::reverse(kept);
  states_ = std::move(kept);
}

void Timeline::fault(Instant at, const std::string& what, NodeId node) {
  reach(at);
  if (faults_.size() >= limits_.lines) {
    gaps_.faults_from = drop_oldest(faults_, [](const Line& line) { return line.at; });
  }
  faults_.push_back({at, node, cut(what)});
}

void Timeline::operation(const SeenOperation& seen) {
  reach(seen.returned.value_or(seen.called));
  if (operations_.size() >= limits_.operations) {
    gaps_.operations_from =
        drop_oldest(operations_, [](const SeenOperation& operation) { return operation.called; });
  }
  operations_.push_back(seen);
  operations_.back().command = cut(seen.command);
  operations_.back().outcome = cut(seen.outcome);
}

void Timeline::trace(Instant at, NodeId node, const std::string& line) {
  reach(at);
  if (traces_.size() >= limits_.lines) {
    gaps_.traces_from = drop_oldest(traces_, [](const Line& trace) { return trace.at; });
  }
  traces_.push_back({at, node, cut(line)});
}

std::string Timeline::cut(const std::string& text) const {
  if (text.size() <= limits_.text_bytes) return text;
  const std::size_t half = limits_.text_bytes / 2;
  return text.substr(0, half) + " … (" + std::to_string(text.size()) + " bytes) … " +
         text.substr(text.size() - half);
}

}  // namespace holdfast::sim
