#pragma once

#include <deque>

#include "resp/reply_parser.hpp"
#include "sim/clerk_client.hpp"
#include "sim/client.hpp"
#include "sim/recorder.hpp"
#include "sim/workload.hpp"

namespace holdfast::sim {

struct PipelineOptions {
  std::size_t depth_max = 16;  // commands in a burst
  // Requests go through a session (ONCE) and are sent again, as they are, until they are answered.
  // Otherwise a broken connection leaves their outcomes unknown.
  bool exactly_once = false;
  Duration patience = std::chrono::seconds(6);  // with a node that does not answer
  bool cluster_aware = false;  // asks for the slots first: is sent to the leader by MOVED
};

// A client without a library: it sends bursts of commands to whatever node it is connected to and
// reads the answers in order. Between them it appends to a key of its own and reads it back, which
// must show, in each place of the pipeline, what went before. What it does to several keys at once
// may be a transaction, and it counts by WATCH, GET, and SET in a transaction. Of keys that expire
// it knows that they are there until then, and do not come back.
class PipelineClient final : public Client, private StreamEnd {
 public:
  PipelineClient(Cluster& cluster, Recorder& recorder, Workload workload, std::uint64_t client,
                 PipelineOptions options, Pace pace, Dice dice);
  ~PipelineClient() override;

  void start() override { connect(); }
  void stop() override { stopped_ = true; }
  bool is_idle() const override { return outstanding_.empty() && again_.empty(); }
  std::optional<std::string> short_lived_key() const override;

 private:
  using Words = std::vector<std::string>;
  enum class Purpose : std::uint8_t {
    kOperation,
    kOpenSession,
    kAskSlots,
    kWatch,
    kReadWatched,
    kSetExpiring,
    kGetExpiring
  };
  struct Expiring {
    std::string key, value;
    Duration time_to_live;
    bool is_set = false;
    bool is_gone = false;
  };
  struct Request {
    Purpose purpose = Purpose::kOperation;
    Words command = {};                        // as it goes over the wire
    std::vector<Words> queued = {};            // before that: MULTI and what it queues
    std::size_t queued_answers = 0;            // that came
    std::string spoilt = {};                   // why one of these was refused
    Recorder::OperationId id = 0;              // of an operation
    std::optional<std::string> expected = {};  // what a read of the own key must find
    bool may_be_executed = false;              // by a sending whose outcome nobody knows
    std::shared_ptr<Expiring> expiring = {};
  };

  void connect();
  void connect_to(NodeId node);
  void go_on();
  void begin_burst();
  void add(lincheck::Operation operation, std::optional<std::string> expected);
  void add_own_key_operation();
  void add_expiring_operation();
  static void check_expiring(Expiring& expiring, const resp::Value& found);
  static void make_transaction(Request& request, const lincheck::Operation& operation);
  void begin_watched_count();
  void send_watched_count(const resp::Value& found);
  void send_outstanding();

  void take(const resp::Value& reply);
  void take_answer(const Request& request, const resp::Value& reply);
  void take_execution(const Request& request, const resp::Value& reply);
  void take_error(Request request, const std::string& error);
  void check_own_key(const Request& request, const resp::Value& reply) const;
  void settle(Request request, bool is_known_unexecuted, const std::string& why);
  void leave_connection();
  void forget_own_key();
  void after(Duration time, std::uint64_t what, void (PipelineClient::*next)());

  void stream_connected(StreamId id) override;
  void stream_received(StreamId id, std::string_view bytes) override;
  void stream_closed(StreamId id) override;

  Cluster& cluster_;
  Recorder& recorder_;
  Workload workload_;
  std::uint64_t client_;
  PipelineOptions options_;
  Pace pace_;
  Dice dice_;

  StreamId stream_ = 0;
  NodeId node_;
  resp::ReplyParser parser_;
  std::deque<Request> outstanding_;  // sent, and awaited in this order
  std::deque<Request> again_;        // to be sent again
  std::optional<NodeId> moved_to_;
  std::uint64_t step_ = 0;  // what an earlier one waits for is void
  bool knows_slots_ = false;
  bool stopped_ = false;

  std::optional<std::int64_t> session_;
  std::uint64_t request_ = 0;

  std::string watched_;  // the key that it is about to count; empty: none
  std::shared_ptr<Expiring> expiring_;
  std::uint64_t expiring_number_ = 0;
  std::uint64_t own_key_ = 1;
  std::string own_value_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace holdfast::sim
