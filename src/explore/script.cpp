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

std::string terms(std::span<const raft::Entry> entries) {
  std::string terms;
  for (const raft::Entry& entry : entries) terms += (terms.empty() ? "" : ",") + text(entry.term);
  return terms.empty() ? "-" : terms;
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
    line("cluster " + text(bounds_.nodes) + " timeless entries=" + text(bounds_.entries));
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
    const raft::Envelope* message = step.input.kind == Kind::kDeliver
                                        ? &universe_.message(MessageRef{step.input.argument})
                                        : nullptr;
    Outcome outcome = take_turn(node, step.input, message, bounds_);
    if (!outcome.broken.empty()) stand(node);
    write_input(node, step, message);
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
      line("expect " + id + " commit=" + text(core.commit_index()) +
           " log=" + terms(core.log().from(Index(1))));
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
        for (std::uint32_t i = 0; i < step.input.argument; ++i) line("disk " + id + " one");
        line("crash " + id);
        return line("restart " + id);
    }
  }

  void write_timeout(const Node& node, const std::string& id) {
    line("timeout " + id);
    if (bounds_.pre_votes || node.core.is_leader()) return;
    std::size_t needed = bounds_.nodes / 2;
    for (std::uint64_t peer = 1; needed > 0; ++peer) {
      if (NodeId(peer) == node.core.id()) continue;
      const raft::VoteResponse granted{
          .term = node.core.term().next(), .pre = true, .granted = true};
      line("inject " + text(raft::Envelope{NodeId(peer), node.core.id(), granted}));
      --needed;
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
         " vote=" + text(core.voted_for()) + " commit=" + text(core.commit_index()) + " log=" +
         terms(core.log().from(Index(1))) + " disk_term=" + text(node.disk.hard_state.term) +
         " disk_vote=" + text(node.disk.hard_state.voted_for) +
         " disk_log=" + terms(node.disk.entries));
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
