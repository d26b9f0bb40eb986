#pragma once

#include <list>
#include <vector>

#include "sim/cluster.hpp"
#include "sim/dice.hpp"
#include "sim/tally.hpp"

namespace holdfast::sim {

// Those who run the cluster: they ask whoever leads, or believes to, for changes of the membership,
// again when there is no answer, and start nodes that have no data as the server's --join does.
//
// A node without data may have voted and acknowledged in an earlier life. So it takes part in
// nothing before it is committed that it is gone and then that it is there again, as a learner.
class Operator {
 public:
  Operator(Cluster& cluster, Dice dice, Tally& tally);
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;
  ~Operator() { *alive_ = false; }

  // Until it is carried out, refused, or too late.
  void ask(replica::MemberRequest request, Instant until);
  // A node that has no data joins. `then` is asked for when it is a learner: that it becomes a
  // voter; or nothing.
  void join(NodeId node, std::optional<replica::MemberRequest> then);
  bool is_joining(NodeId node) const;
  // What has been asked for has been carried out, or given up; all joined.
  bool is_idle() const { return tasks_.empty(); }

 private:
  struct Task {
    std::vector<replica::MemberRequest> steps;
    std::size_t step = 0;
    Instant until;
    NodeId joins;  // zero: nobody
    std::optional<replica::MemberRequest> then;
    std::uint64_t request = 0;  // that is under way; zero: none
    NodeId asked;
  };
  using Tasks = std::list<Task>;

  Task& add(Task task);
  void go_on(Task& task);
  void again(Task& task, Duration pause);
  void answered(NodeId node, const replica::Completion& done);
  void carried_out(Task& task);
  void refused(Task& task);
  void end(Task& task);
  NodeId whom_to_ask();
  void count(const replica::MemberRequest& request, const char* outcome);

  Cluster& cluster_;
  Dice dice_;
  Tally& tally_;
  Tasks tasks_;
  std::uint64_t last_request_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// "add", "remove" …
std::string_view to_string(replica::MemberRequest::Kind kind);

}  // namespace holdfast::sim
