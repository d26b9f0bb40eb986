#include "sim/operator.hpp"

#include <algorithm>
#include <utility>

#include "sim/kv_server.hpp"

namespace holdfast::sim {

namespace {

using replica::MemberRequest;
using RequestKind = MemberRequest::Kind;

constexpr std::uint64_t kAskAgain = std::uint64_t{21} << 56;  // of Events::at's `what`
constexpr Duration kPauseBetween = std::chrono::milliseconds(100);
constexpr Duration kPatienceOfOperator = std::chrono::seconds(3);
constexpr Duration kTimeToBePromoted = std::chrono::seconds(10);
constexpr double kAnyLeader = 0.3;  // one that believes to lead is asked, not the newest

// It says that another, or a later, attempt may succeed.
bool may_pass(const std::string& error) {
  return !error.starts_with("ERR ") || error.contains("is not the leader") ||
         error.contains("no majority answers");
}

}  // namespace

std::string_view to_string(RequestKind kind) {
  switch (kind) {
    case RequestKind::kAdd:
      return "add";
    case RequestKind::kAddLearner:
      return "add learner";
    case RequestKind::kPromote:
      return "promote";
    case RequestKind::kRemove:
      return "remove";
    case RequestKind::kReplace:
      return "replace";
    case RequestKind::kMove:
      return "move";
  }
  return {};
}

Operator::Operator(Cluster& cluster, Dice dice, Tally& tally)
    : cluster_(cluster), dice_(dice), tally_(tally) {
  cluster_.set_answer_listener(
      [this](NodeId node, const replica::Completion& done) { answered(node, done); });
}

void Operator::ask(MemberRequest request, Instant until) {
  Task task;
  task.steps.push_back(std::move(request));
  task.until = until;
  go_on(add(std::move(task)));
}

void Operator::join(NodeId node, std::optional<MemberRequest> then) {
  Task task;
  task.steps.push_back({.kind = RequestKind::kRemove, .node = node, .address = {}, .replaces = {}});
  task.steps.push_back({.kind = RequestKind::kAddLearner,
                        .node = node,
                        .address = address_of(node).to_string(),
                        .replaces = {}});
  task.until = Instant::max();
  task.joins = node;
  task.then = std::move(then);
  go_on(add(std::move(task)));
}

bool Operator::is_joining(NodeId node) const {
  return std::ranges::find(tasks_, node, &Task::joins) != tasks_.end();
}

Operator::Task& Operator::add(Task task) {
  tasks_.push_back(std::move(task));
  return tasks_.back();
}

// A node that lost its leadership does not always know.
NodeId Operator::whom_to_ask() {
  std::vector<NodeId> leaders;
  for (const NodeId id : cluster_.nodes()) {
    const Program* program = std::as_const(cluster_.process(id)).program();
    if (program != nullptr && program->core().is_leader()) leaders.push_back(id);
  }
  if (leaders.size() > 1 && dice_.chance(kAnyLeader)) return dice_.pick(leaders);
  return cluster_.leader();
}

void Operator::go_on(Task& task) {
  if (cluster_.now() >= task.until) {
    count(task.steps[task.step], "given up");
    return end(task);
  }
  task.asked = whom_to_ask();
  if (!task.asked) return again(task, kPauseBetween);
  task.request = ++last_request_;
  cluster_.process(task.asked)
      .input([number = task.request, request = task.steps[task.step]](Program& program,
                                                                      Instant now) mutable {
        program.change_members(now, number, std::move(request));
      });
  again(task, kPatienceOfOperator);
}

// Unless there is an answer by then.
void Operator::again(Task& task, Duration pause) {
  const std::uint64_t request = task.request == 0 ? ++last_request_ : task.request;
  task.request = request;
  cluster_.events().after(pause, kAskAgain, [this, alive = alive_, request] {
    if (!*alive) return;
    const auto found = std::ranges::find(tasks_, request, &Task::request);
    if (found == tasks_.end()) return;
    found->request = 0;
    go_on(*found);
  });
}

void Operator::answered(NodeId node, const replica::Completion& done) {
  const auto found = std::ranges::find(tasks_, done.key.request, &Task::request);
  if (found == tasks_.end() || found->asked != node) return;
  found->request = 0;
  const auto* error = std::get_if<kv::Reply::Error>(&done.reply.value);
  if (error == nullptr) return carried_out(*found);
  if (may_pass(error->text)) return again(*found, kPauseBetween);
  refused(*found);
}

void Operator::carried_out(Task& task) {
  count(task.steps[task.step], "done");
  if (++task.step < task.steps.size()) return go_on(task);
  if (!task.joins) return end(task);
  tally_.add("members: a node without data has joined");
  cluster_.say("joins", task.joins);
  cluster_.start_anew(task.joins, task.asked);
  auto then = std::move(task.then);
  end(task);
  if (then) ask(std::move(*then), cluster_.now() + kTimeToBePromoted);
}

void Operator::refused(Task& task) {
  count(task.steps[task.step], "refused");
  if (!task.joins) return end(task);
  task.step = 0;
  again(task, kPauseBetween);
}

void Operator::end(Task& task) {
  tasks_.remove_if([&](const Task& each) { return &each == &task; });
}

void Operator::count(const MemberRequest& request, const char* outcome) {
  tally_.add("members: " + std::string(to_string(request.kind)) + ", " + outcome);
}

}  // namespace holdfast::sim
