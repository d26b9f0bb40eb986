#include "explore/script.hpp"

#include "raft/message_text.hpp"

namespace holdfast::explore {

namespace {

using Kind = Input::Kind;

std::string text(std::uint64_t number) {
  return std::to_string(number);
}
template <class Tag>
std::string text(Strong<Tag> number) {
  return std::to_string(number.value());
}

std::string text(const raft::Envelope& envelope) {
  return text(envelope.from) + "->" + text(envelope.to) + " " + to_text(envelope.message);
}

std::string names(const raft::Membership& membership) {
  std::string names;
  for (const raft::Member& member : membership.members) names += " " + text(member.id);
  return names;
}

std::string terms(std::span<const raft::Entry> entries) {
  std::string terms;
  for (const raft::Entry& entry : entries) terms += (terms.empty() ? "" : ",") + text(entry.term);
  return terms.empty() ? "-" : terms;
}

std::string terms(const raft::Log& log) {
  return terms(log.from(log.first_index()));
}

// "1,2-,3+,4l": a voter, one that stops to be one, one that becomes one, and one that is none.
std::string signs(const raft::Membership& membership) {
  std::string signs;
  for (const raft::Member& member : membership.members) {
    signs += (signs.empty() ? "" : ",") + text(member.id);
    if (member.votes != member.voted) signs += member.votes ? "+" : "-";
    if (!member.votes && !member.voted) signs += "l";
  }
  return signs.empty() ? "-" : signs;
}

class Writer {
 public:
  Writer(const Counterexample& counterexample, const Model& model)
      : counterexample_(counterexample), universe_(model.universe()), bounds_(model.bounds()) {
    for (std::uint64_t id = 1; id <= bounds_.nodes; ++id) {
      nodes_.push_back(first_start(NodeId(id), bounds_));
    }
  }

  std::string write() {
    line("# Found by holdfast explore. At the end this does not hold:");
    line("#   " + counterexample_.property);
    line("cluster " + text(bounds_.nodes) + " timeless tail=0 entries=" + text(bounds_.entries) +
         (bounds_.voters < bounds_.nodes ? " voters=" + text(bounds_.voters) : ""));
    for (const Node& node : nodes_) {
      if (bounds_.writes > 0) line("disk " + text(node.core.id()) + " slow");
    }
    for (const Step& step : counterexample_.steps) take(step);
    if (!failed_)
      for (const Node& node : nodes_) stand(node);
    return std::move(script_);
  }

 private:
  void line(const std::string& text) { script_ += text + "\n"; }

  void take(const Step& step) {
    Node& node = nodes_[step.node];
    const Given given = universe_.given(step.input);
    Outcome outcome = take_turn(node, step.input, given, bounds_);
    if (!outcome.broken.empty()) stand(node);
    write_input(node, step, given.message);
    const std::string id = text(node.core.id());
    if (bounds_.writes > 0) {
      for (std::size_t i = 0; i < outcome.forced_writes; ++i) line("disk " + id + " one");
    }
    for (const raft::ReadGranted& read : outcome.reads_granted) {
      line("expect " + id + " read" + text(read.token) + "=" + text(read.index));
    }
    if (!outcome.broken.empty()) return write_failure(outcome);
    const raft::Core& core = outcome.node.core;
    if (core.is_leader() && !node.core.is_leader()) {
      line("expect " + id + " role=leader term=" + text(core.term()));
    }
    if (core.commit_index() > node.core.commit_index()) {
      line("expect " + id + " commit=" + text(core.commit_index()) + " log=" + terms(core.log()));
    }
    node = std::move(outcome.node);
  }

  void write_input(const Node& node, const Step& step, const raft::Envelope* message) {
    const std::string id = text(node.core.id());
    switch (step.input.kind) {
      case Kind::kDeliver:
        if (step.again) line("copy " + text(*message));
        return line("deliver-one " + text(*message));
      case Kind::kFinishWrite:
        return line("disk " + id + " one");
      case Kind::kTimeout:
        return write_timeout(node, id);
      case Kind::kPropose:
        return line("propose " + id + " x");
      case Kind::kRead:
        return line("read " + id + " " + text(node.tokens + 1));
      case Kind::kTransfer:
        return line("transfer " + id + " " + text(step.input.argument));
      case Kind::kCrash:
        return write_crash(node, Crash::of(step.input.argument), id);
      case Kind::kChange:
        return line("members " + id + names(members_of(step.input.argument)));
      case Kind::kSnapshot:
        return line("snapshot " + id + " " + text(step.input.argument));
      case Kind::kReceive:
        return;  // nothing is seen of it before it is installed
      case Kind::kInstall:
        return line("install " + id + " " + text(node.received->from) + " " +
                    text(node.received->meta.last.index));
    }
  }

  void write_crash(const Node& node, Crash crash, const std::string& id) {
    for (; crash.finished > 0; --crash.finished) line("disk " + id + " one");
    if (crash.has_received) {
      line("receive " + id + " " + text(node.received->from) + " " +
           text(node.received->meta.last.index));
    }
    line("crash " + id);
    line("restart " + id);
  }

  void write_timeout(const Node& node, const std::string& id) {
    line("timeout " + id);
    if (bounds_.pre_votes || node.core.is_leader()) return;
    raft::Core core = node.core;
    core.tick(kNow);
    for (std::uint64_t peer = 1; core.is_pre_candidate(); ++peer) {
      if (NodeId(peer) == core.id()) continue;
      const raft::VoteResponse granted{.term = core.term().next(), .pre = true, .granted = true};
      const raft::Envelope envelope{NodeId(peer), core.id(), granted};
      core.receive(kNow, envelope);
      line("inject " + text(envelope));
    }
  }

  void write_failure(const Outcome& outcome) {
    failed_ = true;
    const Node& node = outcome.node;
    if (outcome.check_failed) return line("# Here a CHECK fails.");
    if (outcome.promise) line("wire " + text(*outcome.promise));
    if (node.core.fault()) line("expect " + text(node.core.id()) + " fault=yes");
    stand(node);
  }

  void stand(const Node& node) {
    const raft::Core& core = node.core;
    line("expect " + text(core.id()) + " term=" + text(core.term()) +
         " vote=" + text(core.voted_for()) + " commit=" + text(core.commit_index()) +
         " log=" + terms(core.log()) + " disk_term=" + text(node.disk.hard_state.term) +
         " disk_vote=" + text(node.disk.hard_state.voted_for) +
         " disk_log=" + terms(node.disk.entries));
    if (bounds_.changes > 0) {
      line("expect " + text(core.id()) + " members=" + signs(core.membership()));
    }
    if (bounds_.snapshots > 0) {
      const raft::Position last = node.disk.snapshot.last;
      line("expect " + text(core.id()) + " base=" + text(core.log().base().index) +
           " snapshot=" + text(last.index) + "@" + text(last.term));
    }
  }

  const Counterexample& counterexample_;
  const Universe& universe_;
  const Bounds& bounds_;
  std::vector<Node> nodes_;
  std::string script_;
  bool failed_ = false;
};

}  // namespace

std::string script_of(const Counterexample& counterexample, const Model& model) {
  return Writer(counterexample, model).write();
}

}  // namespace holdfast::explore
