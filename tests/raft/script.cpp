#include "raft/script.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "base/overload.hpp"
#include "raft/message_text.hpp"
#include "raft/script_messages.hpp"

namespace holdfast::raft {

namespace {

constexpr int kDeliveriesMax = 10'000;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what);
}

NodeId parse_id(const std::string& text) {
  return NodeId(std::stoull(text));
}

// "1->2"
std::pair<NodeId, NodeId> parse_link(const std::string& text) {
  const auto arrow = text.find("->");
  if (arrow == std::string::npos) fail("not a link: " + text);
  return {parse_id(text.substr(0, arrow)), parse_id(text.substr(arrow + 2))};
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

// "4@2": entry 4 of term 2.
Position parse_position(const std::string& text) {
  const auto at = text.find('@');
  if (at == std::string::npos) fail("not an entry: " + text);
  return {Index(std::stoull(text.substr(0, at))), Term(std::stoull(text.substr(at + 1)))};
}

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ",") + part;
  return text.empty() ? "-" : text;
}

// "1,1,2": an entry of each term; its payload names term and index.
std::vector<Entry> parse_log(const std::string& text) {
  std::vector<Entry> entries;
  for (const std::string& term : split(text == "-" ? "" : text, ',')) {
    const std::string payload = term + "@" + std::to_string(entries.size() + 1);
    entries.push_back({Term(std::stoull(term)), EntryKind::kCommand, Payload(payload)});
  }
  return entries;
}

std::string refusal_name(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNotLeader:
      return "not-leader";
    case Refusal::kTransferring:
      return "transferring";
    case Refusal::kNotYet:
      return "not-yet";
    case Refusal::kChanging:
      return "changing";
    case Refusal::kLosesQuorum:
      return "loses-quorum";
  }
  std::unreachable();
}

// "1,2-,3+,4l,5j": a voter, one that stops to be one, one that becomes one, a learner, a joiner.
std::string members(const Membership& membership) {
  std::vector<std::string> words;
  for (const Member& member : membership.members) {
    std::string word = std::to_string(member.id.value());
    if (member.votes != member.voted) word += member.votes ? "+" : "-";
    if (!member.votes && !member.voted) word += member.joins ? "j" : "l";
    words.push_back(word);
  }
  return join(words);
}

std::string terms(std::span<const Entry> entries) {
  std::vector<std::string> terms;
  for (const Entry& entry : entries) terms.push_back(std::to_string(entry.term.value()));
  return join(terms);
}

}  // namespace

std::string Script::run(const std::string& file) {
  std::ifstream in(file);
  return in ? run(in, file) : file + ": can't be read";
}

std::string Script::run(std::istream& in, const std::string& name) {
  Script script;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const Words words = split(line.substr(0, line.find('#')), ' ');
    if (words.empty()) continue;
    try {
      script.execute(words);
    } catch (const std::exception& error) {
      return name + ":" + std::to_string(number) + ": " + line + "\n  " + error.what();
    }
  }
  return {};
}

void Script::execute(const Words& words) {
  const std::string& command = words.at(0);
  if (command == "cluster") return make_cluster(words);
  if (command == "restore") return restore(words);
  if (command == "deliver" || command == "deliver-one" || command == "drop" || command == "copy" ||
      command == "cut" || command == "heal" || command == "reverse") {
    return wire(command, words);
  }
  if (command == "inject") return inject(words);
  if (command == "expect") return expect(words);
  if (command == "wire") return expect_wire(words, true);
  if (command == "no-wire") return expect_wire(words, false);
  Node& subject = node(words.at(1));
  if (command == "restart") return restart(subject);
  if (command == "stranger") return make_stranger(subject);
  if (!subject.core) fail("node " + words.at(1) + " is down");
  if (command == "timeout")
    timeout(subject);
  else if (command == "propose")
    propose(subject, words);
  else if (command == "read")
    read(subject, words);
  else if (command == "disk")
    disk(subject, words.at(2));
  else if (command == "crash")
    crash(subject);
  else if (command == "wait")
    subject.now += std::chrono::milliseconds(std::stoi(words.at(2)));
  else if (command == "tick")
    tick(subject);
  else if (command == "transfer")
    subject.core->transfer(subject.now, parse_id(words.at(2)));
  else if (command == "reset")
    subject.core->link_reset(parse_id(words.at(2)));
  else if (command == "lost")
    subject.core->peer_lost(subject.now, parse_id(words.at(2)));
  else if (command == "members")
    change_members(subject, words);
  else if (command == "snapshot")
    snapshot(subject, Index(std::stoull(words.at(2))));
  else if (command == "install")
    install(subject, words);
  else if (command == "receive")
    receive(subject, words);
  else if (command == "send")
    subject.core->snapshot_sent(parse_id(words.at(2)), subject.disk.snapshot.last.index);
  else
    fail("there is no command " + command);
  settle(subject);
}

void Script::make_cluster(const Words& words) {
  const std::uint64_t count = std::stoull(words.at(1));
  std::uint64_t voters = count;
  for (const std::string& word : words) {
    if (word.starts_with("voters=")) voters = std::stoull(word.substr(7));
  }
  for (std::uint64_t id = 1; id <= count; ++id) {
    Node& fresh = nodes_[NodeId(id)];
    fresh.config.id = NodeId(id);
    fresh.config.seed = id;
    for (std::uint64_t voter = 1; id <= voters && voter <= voters; ++voter) {
      fresh.config.voters.push_back(NodeId(voter));
    }
    for (std::size_t i = 2; i < words.size(); ++i) {
      const auto setting = split(words[i], '=');
      if (words[i] == "timeless")
        make_timeless(fresh.config);
      else if (setting.at(0) == "entries")
        fresh.config.append_entries_max = std::stoull(setting.at(1));
      else if (words[i] == "lease")
        fresh.config.lease_reads = true;
      else if (setting.at(0) == "tail")
        fresh.config.log_tail_bytes = std::stoull(setting.at(1));
      else if (setting.at(0) == "window")
        fresh.config.window_messages = std::stoull(setting.at(1));
      else if (setting.at(0) != "voters")
        fail("there is no setting " + words[i]);
    }
    restart(fresh);
  }
}

// Every timeout is due at any time, and nothing else comes of time.
void Script::make_timeless(Config& config) {
  config.election_timeout_min = config.election_timeout_max = Duration::zero();
  config.heartbeat_interval = Duration::zero();
}

void Script::restore(const Words& words) {
  Node& subject = node(words.at(1));
  subject.disk = {};
  for (std::size_t i = 2; i < words.size(); ++i) {
    const auto field = split(words[i], '=');
    if (field.at(0) == "term")
      subject.disk.hard_state.term = Term(std::stoull(field.at(1)));
    else if (field.at(0) == "vote")
      subject.disk.hard_state.voted_for = parse_id(field.at(1));
    else if (field.at(0) == "votes_from")
      subject.disk.hard_state.votes_from = parse_position(field.at(1));
    else if (field.at(0) == "log")
      subject.disk.entries = parse_log(field.at(1));
    else if (field.at(0) == "snapshot")
      subject.disk.snapshot.last = parse_position(field.at(1));
    else
      fail("there is no field " + words[i]);
  }
  subject.snapshots = {{subject.disk.snapshot.last.index, subject.disk.snapshot}};
  restart(subject);
}

// A node that belongs to no cluster yet.
void Script::make_stranger(Node& subject) {
  subject.config.voters.clear();
  subject.disk = {};
  restart(subject);
}

// "1 2l 3j 4j/2": a voter, a learner, one that joins, and one that joins in another's place.
Membership Script::parse_members(const Words& words) {
  Membership membership;
  for (std::size_t i = 2; i < words.size(); ++i) {
    const std::string& word = words[i];
    Member member{.id = parse_id(word)};
    const auto slash = word.find('/');
    member.joins = word.find('j') != std::string::npos;
    member.votes = !member.joins && word.find('l') == std::string::npos;
    if (slash != std::string::npos) member.replaces = parse_id(word.substr(slash + 1));
    membership.members.push_back(member);
  }
  return membership;
}

void Script::change_members(Node& subject, const Words& words) {
  // Where all happens at once nobody has answered within no time at all.
  const bool is_timeless = subject.config.election_timeout_min == Duration::zero();
  const Instant now = subject.now - (is_timeless ? Duration(1) : Duration::zero());
  const auto changed = subject.core->change_membership(now, parse_members(words));
  subject.refusal = changed ? "none" : refusal_name(changed.error());
}

// Durable at once.
void Script::snapshot(Node& subject, Index last) {
  subject.disk.snapshot = subject.snapshots[last] = subject.core->meta_at(last);
  subject.core->compact(last);
}

// The file is durable at once. What comes of it in the log is written like the rest.
SnapshotMeta Script::receive(Node& subject, const Words& words) {
  const Node& from = node(words.at(2));
  const Index last =
      words.size() > 3 ? Index(std::stoull(words[3])) : from.disk.snapshot.last.index;
  const auto found = from.snapshots.find(last);
  if (found == from.snapshots.end()) fail("there is no such snapshot");
  const SnapshotMeta meta = subject.snapshots[last] = found->second;
  if (last > subject.disk.snapshot.last.index) subject.disk.snapshot = meta;
  return meta;
}

void Script::install(Node& subject, const Words& words) {
  const SnapshotMeta meta = receive(subject, words);
  if (!subject.core->install(subject.now, meta)) return;
  subject.committed = {"snapshot@" + std::to_string(meta.last.index.value())};
}

Script::Node& Script::node(const std::string& name) {
  const auto found = nodes_.find(parse_id(name));
  if (found == nodes_.end()) fail("there is no node " + name);
  return found->second;
}

void Script::timeout(Node& subject) {
  subject.now = std::max(subject.now, subject.core->next_deadline());
  subject.core->tick(subject.now);
}

// As a host does: when it is time, not before.
void Script::tick(Node& subject) {
  if (subject.now >= subject.core->next_deadline()) subject.core->tick(subject.now);
}

void Script::propose(Node& subject, const Words& words) {
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (!subject.core->propose(Payload(words[i]))) fail("it refuses the proposal");
  }
}

void Script::read(Node& subject, const Words& words) {
  const std::uint64_t token = std::stoull(words.at(2));
  subject.reads[token] = "pending";
  subject.core->read(token);
}

void Script::disk(Node& subject, const std::string& what) {
  if (what == "slow")
    subject.slow_disk = true;
  else if (what == "fast")
    subject.slow_disk = false;
  else if (what == "one")
    write_to_disk(subject, 1);
  else if (what != "all")
    fail("a disk is slow or fast, or writes one or all");
  if (what == "all" || what == "fast") write_to_disk(subject, subject.writing.size());
}

void Script::write_to_disk(Node& subject, std::size_t batches) {
  for (; batches > 0 && !subject.writing.empty(); --batches) {
    const Persist& batch = subject.writing.front();
    raft::write(batch, subject.disk);
    const Ticket ticket = batch.ticket;
    subject.writing.pop_front();
    subject.core->persisted(subject.now, ticket);
  }
}

// Takes effects until there are none: a disk that is fast finishes at once.
void Script::settle(Node& subject) {
  while (subject.core) {
    Effects effects = subject.core->take_effects(subject.now);
    subject.core->check_invariants();
    for (const Envelope& envelope : effects.messages) wire_.push_back(envelope);
    for (const Committed& entry : effects.committed) {
      if (entry.entry.kind != EntryKind::kCommand) continue;
      subject.committed.emplace_back(entry.entry.payload.view());
    }
    for (const ReadGranted& read : effects.reads_granted) {
      subject.reads[read.token] = std::to_string(read.index.value());
    }
    for (const std::uint64_t token : effects.reads_refused) subject.reads[token] = "refused";
    for (Persist& batch : effects.persist) subject.writing.push_back(std::move(batch));
    if (subject.slow_disk || subject.writing.empty()) return;
    write_to_disk(subject, subject.writing.size());
  }
}

void Script::crash(Node& subject) {
  subject.core.reset();
  subject.writing.clear();
  subject.committed.clear();
  subject.reads.clear();
}

void Script::restart(Node& subject) {
  crash(subject);
  subject.core = std::make_unique<Core>(subject.config, subject.disk, subject.now);
}

bool Script::is_cut(const Envelope& envelope) const {
  return cut_.contains({envelope.from, envelope.to});
}

void Script::deliver(const Envelope& envelope) {
  const auto found = nodes_.find(envelope.to);
  if (is_cut(envelope) || found == nodes_.end() || !found->second.core) return;
  found->second.core->receive(found->second.now, envelope);
  settle(found->second);
}

void Script::deliver_all() {
  for (int i = 0; !wire_.empty(); ++i) {
    if (i == kDeliveriesMax) fail("messages go back and forth without an end");
    const Envelope envelope = wire_.front();
    wire_.pop_front();
    deliver(envelope);
  }
}

void Script::wire(const std::string& command, const Words& words) {
  if (command == "heal") return cut_.clear();
  if (command == "reverse") return static_cast<void>(std::ranges::reverse(wire_));
  if (command == "cut") {
    for (std::size_t i = 1; i < words.size(); ++i) cut_.insert(parse_link(words[i]));
    return;
  }
  if (words.size() == 1) {
    if (command == "deliver") return deliver_all();
    if (command == "drop") return wire_.clear();
  }
  const auto link = parse_link(words.at(1));
  std::deque<Envelope> chosen;
  std::deque<Envelope> rest;
  for (Envelope& envelope : wire_) {
    const bool enough = command == "deliver-one" && !chosen.empty();
    const bool wanted = Link(envelope.from, envelope.to) == link &&
                        matches(envelope.message, Words(words.begin() + 2, words.end()));
    (wanted && !enough ? chosen : rest).push_back(std::move(envelope));
  }
  wire_ = std::move(rest);
  if (command == "drop") return;
  if (command == "copy") {
    for (int i = 0; i < 2; ++i) wire_.insert(wire_.end(), chosen.begin(), chosen.end());
    return;
  }
  if (chosen.empty()) fail("nothing is on that wire; there is:" + list(wire_));
  for (const Envelope& envelope : chosen) deliver(envelope);
}

void Script::inject(const Words& words) {
  const auto [from, to] = parse_link(words.at(1));
  deliver({from, to, parse_message(Words(words.begin() + 2, words.end()))});
}

std::string Script::look(const Node& subject, const std::string& field) const {
  if (field == "down") return subject.core ? "no" : "yes";
  if (field == "disk_term") return std::to_string(subject.disk.hard_state.term.value());
  if (field == "disk_vote") return std::to_string(subject.disk.hard_state.voted_for.value());
  if (field == "snapshot") {
    const Position last = subject.disk.snapshot.last;
    return std::to_string(last.index.value()) + "@" + std::to_string(last.term.value());
  }
  if (field == "disk_base") return std::to_string(subject.disk.base.index.value());
  if (field == "disk_log") return terms(subject.disk.entries);
  if (!subject.core) fail("it is down");
  const Core& core = *subject.core;
  if (field == "role") {
    return core.is_leader()          ? "leader"
           : core.is_candidate()     ? "candidate"
           : core.is_pre_candidate() ? "pre-candidate"
                                     : "follower";
  }
  if (field == "term") return std::to_string(core.term().value());
  if (field == "vote") return std::to_string(core.voted_for().value());
  if (field == "leader") return std::to_string(core.leader().value());
  if (field == "commit") return std::to_string(core.commit_index().value());
  if (field == "last") return std::to_string(core.log().last_index().value());
  if (field == "durable") return std::to_string(core.durable_index().value());
  if (field == "applied") return join(subject.committed);
  if (field == "fault") return core.fault() ? "yes" : "no";
  if (field == "writing") return std::to_string(subject.writing.size());
  if (field == "log") return terms(core.log().from(core.log().first_index()));
  if (field == "members") return members(core.membership());
  if (field == "refusal") return subject.refusal;
  if (field == "removed") return core.is_removed() ? "yes" : "no";
  if (field == "behind") {
    std::vector<std::string> behind;
    for (const NodeId peer : core.peers_behind_log())
      behind.push_back(std::to_string(peer.value()));
    return join(behind);
  }
  if (field == "base") return std::to_string(core.log().base().index.value());
  if (field.starts_with("read")) {
    const auto read = subject.reads.find(std::stoull(field.substr(4)));
    return read == subject.reads.end() ? "none" : read->second;
  }
  if (field.starts_with("match")) {
    const auto matches = core.matches();
    const auto match = matches.find(parse_id(field.substr(5)));
    return match == matches.end() ? "none" : std::to_string(match->second.value());
  }
  fail("there is no field " + field);
}

void Script::expect(const Words& words) {
  const Node& subject = node(words.at(1));
  std::string wrong;
  for (std::size_t i = 2; i < words.size(); ++i) {
    const auto equals = words[i].find('=');
    const std::string field = words[i].substr(0, equals);
    const std::string wanted = equals == std::string::npos ? "yes" : words[i].substr(equals + 1);
    const std::string seen = look(subject, field);
    if (seen != wanted) wrong += " " + field + "=" + seen;
  }
  if (!wrong.empty()) fail("seen:" + wrong);
}

// "wire 1->2 vote_request forced=1": there is such a message, and all that is named is so.
void Script::expect_wire(const Words& words, bool wanted) {
  const auto link = parse_link(words.at(1));
  const bool seen = std::ranges::any_of(wire_, [&](const Envelope& envelope) {
    return Link(envelope.from, envelope.to) == link &&
           matches(envelope.message, Words(words.begin() + 2, words.end()));
  });
  if (seen != wanted) fail("on the wire:" + list(wire_));
}

}  // namespace holdfast::raft
