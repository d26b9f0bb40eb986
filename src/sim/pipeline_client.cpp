#include "sim/pipeline_client.hpp"

#include <utility>

#include "resp/reply_writer.hpp"
#include "sim/kv_server.hpp"

namespace holdfast::sim {

namespace {

constexpr std::uint64_t kPatience = std::uint64_t{12} << 56;  // of Events::at's `what`
constexpr std::uint64_t kRest = std::uint64_t{13} << 56;
constexpr Duration kReconnectPause = std::chrono::milliseconds(20);

// "MOVED slot host:port"
std::optional<NodeId> moved_to(const std::string& error) {
  if (!error.starts_with("MOVED ")) return std::nullopt;
  const auto address = Address::parse(std::string_view(error).substr(error.rfind(' ') + 1));
  return address ? node_at(*address) : std::nullopt;
}

}  // namespace

PipelineClient::PipelineClient(Cluster& cluster, Recorder& recorder, Workload workload,
                               std::uint64_t client, PipelineOptions options, Pace pace, Dice dice)
    : cluster_(cluster),
      recorder_(recorder),
      workload_(std::move(workload)),
      client_(client),
      options_(options),
      pace_(pace),
      dice_(dice) {}

PipelineClient::~PipelineClient() {
  *alive_ = false;
  leave_connection();
}

void PipelineClient::after(Duration time, std::uint64_t what, void (PipelineClient::*next)()) {
  cluster_.events().after(time, what | client_, [this, alive = alive_, step = step_, next] {
    if (*alive && step == step_) (this->*next)();
  });
}

void PipelineClient::connect() {
  connect_to(dice_.pick(cluster_.nodes()));
}

void PipelineClient::connect_to(NodeId node) {
  ++step_;
  node_ = node;
  knows_slots_ = false;
  StreamEnd& end = *this;
  stream_ = cluster_.streams().connect(end, client_, node_);
  after(options_.patience, kPatience, &PipelineClient::leave_connection);
}

// With a connection, and nothing under way on it.
void PipelineClient::go_on() {
  ++step_;
  if (options_.cluster_aware && !std::exchange(knows_slots_, true)) {
    outstanding_.push_back({.purpose = Purpose::kAskSlots, .command = {"CLUSTER", "SLOTS"}});
  } else if (!again_.empty()) {
    outstanding_ = std::exchange(again_, {});
  } else if (stopped_) {
    return;
  } else if (options_.exactly_once && !session_) {
    outstanding_.push_back({.purpose = Purpose::kOpenSession, .command = {"SESSION", "OPEN"}});
  } else {
    begin_burst();
  }
  send_outstanding();
}

void PipelineClient::begin_burst() {
  if (!options_.exactly_once && dice_.chance(0.15)) return begin_watched_count();
  const std::uint64_t depth = dice_.between(1, options_.depth_max);
  for (std::uint64_t i = 0; i < depth; ++i) {
    if (!options_.exactly_once && dice_.chance(0.4)) {
      add_own_key_operation();
    } else if (!options_.exactly_once && dice_.chance(0.2)) {
      add_expiring_operation();
    } else {
      add(workload_.next(), std::nullopt);
    }
  }
}

void PipelineClient::add_own_key_operation() {
  const std::string key = "o" + std::to_string(client_) + "." + std::to_string(own_key_);
  if (dice_.chance(0.5)) return add(lincheck::get(client_, key, 0), own_value_);
  const std::string value = workload_.fresh_value();
  own_value_ += value;
  add(lincheck::append(client_, key, value, 0), std::nullopt);
}

void PipelineClient::add(lincheck::Operation operation, std::optional<std::string> expected) {
  Request request{.command = command_of(operation), .expected = std::move(expected)};
  if (operation.keys.size() > 1 && dice_.chance(0.5)) make_transaction(request, operation);
  request.id = recorder_.began(std::move(operation));
  recorder_.asked(request.id, node_);
  if (options_.exactly_once) {
    const std::uint64_t lowest = request_ + 1 - outstanding_.size();
    std::vector<std::string> once{"ONCE", std::to_string(*session_), std::to_string(++request_),
                                  "ACK", std::to_string(lowest)};
    request.command.insert(request.command.begin(), once.begin(), once.end());
  }
  outstanding_.push_back(std::move(request));
}

void PipelineClient::send_outstanding() {
  ++step_;
  std::string bytes;
  for (Request& request : outstanding_) {
    request.queued_answers = 0;
    request.spoilt.clear();
    for (const Words& words : request.queued) resp::write_request(words, bytes);
    resp::write_request(request.command, bytes);
  }
  cluster_.streams().send_to_node(stream_, bytes);
  after(options_.patience, kPatience, &PipelineClient::leave_connection);
}

void PipelineClient::stream_connected(StreamId id) {
  if (id == stream_) go_on();
}

void PipelineClient::stream_received(StreamId id, std::string_view bytes) {
  if (id != stream_) return;
  parser_.feed(bytes);
  while (id == stream_ && !outstanding_.empty()) {
    switch (parser_.next()) {
      case resp::ReplyParser::Event::kNeedMore:
        return;
      case resp::ReplyParser::Event::kReply:
        take(parser_.take());
        break;
      case resp::ReplyParser::Event::kError:
        throw Monitor::Violation("a client can't read what a node sent: " + parser_.error());
    }
  }
}

void PipelineClient::stream_closed(StreamId id) {
  if (id != stream_) return;
  stream_ = 0;
  leave_connection();
}

// What is outstanding may or may not be executed.
void PipelineClient::leave_connection() {
  if (stream_ != 0) cluster_.streams().close_by_client(std::exchange(stream_, 0));
  parser_ = resp::ReplyParser();
  watched_.clear();
  if (!*alive_) return;
  ++step_;
  for (Request& request : std::exchange(outstanding_, {})) {
    request.may_be_executed = true;
    settle(std::move(request), false, "the connection broke");
  }
  if (stopped_ && is_idle()) return;
  after(kReconnectPause, kRest, &PipelineClient::connect);
}

void PipelineClient::take(const resp::Value& reply) {
  const std::string* error = error_text(reply);
  if (Request& next = outstanding_.front(); next.queued_answers < next.queued.size()) {
    ++next.queued_answers;
    if (error != nullptr) next.spoilt = *error;
    return;
  }
  Request request = std::move(outstanding_.front());
  outstanding_.pop_front();
  if (error != nullptr) {
    watched_.clear();
    // Refused for what it queued, or for an earlier WATCH that was not answered.
    std::string why = *error;
    if (why.starts_with("EXECABORT "))
      why = request.spoilt.empty() ? "TRYAGAIN " + why : request.spoilt;
    take_error(std::move(request), why);
  } else {
    take_answer(request, reply);
  }
  if (!outstanding_.empty()) return;
  if (!watched_.empty()) return send_watched_count(reply);
  if (const auto node = std::exchange(moved_to_, std::nullopt)) {
    cluster_.streams().close_by_client(std::exchange(stream_, 0));
    parser_ = resp::ReplyParser();
    return connect_to(*node);
  }
  ++step_;
  after(dice_.mostly_low(pace_.think_min, pace_.think_max), kRest, &PipelineClient::go_on);
}

void PipelineClient::take_answer(const Request& request, const resp::Value& reply) {
  switch (request.purpose) {
    case Purpose::kAskSlots:
      return;
    case Purpose::kOpenSession:
      session_ = std::get<std::int64_t>(reply.value);
      request_ = 0;
      return;
    case Purpose::kWatch:
    case Purpose::kReadWatched:
      return;
    case Purpose::kSetExpiring:
      request.expiring->is_set = true;
      return;
    case Purpose::kGetExpiring:
      return check_expiring(*request.expiring, reply);
    case Purpose::kOperation:
      if (!request.queued.empty()) return take_execution(request, reply);
      check_own_key(request, reply);
      recorder_.answered(request.id, reply);
  }
}

// Nobody else writes it, and what went before in the pipeline went before it in the store.
void PipelineClient::check_own_key(const Request& request, const resp::Value& reply) const {
  if (!request.expected) return;
  const auto* bulk = std::get_if<resp::Value::Bulk>(&reply.value);
  const std::string found = bulk == nullptr ? std::string() : bulk->bytes;
  if (found == *request.expected) return;
  throw Monitor::Violation("a read behind writes of the same pipeline found \"" + found +
                           "\" instead of \"" + *request.expected + "\"");
}

void PipelineClient::take_error(Request request, const std::string& error) {
  if (const auto node = moved_to(error)) {
    moved_to_ = node;
    return settle(std::move(request), true, error);
  }
  if (is_passing_error(error)) {
    // A node that is no member may say so for ever.
    if (error.starts_with("CLUSTERDOWN ")) moved_to_ = dice_.pick(cluster_.nodes());
    return settle(std::move(request), true, error);
  }
  if (is_unknown_error(error)) {
    request.may_be_executed = true;
    return settle(std::move(request), false, error);
  }
  if (options_.exactly_once && error.starts_with("NOSESSION ")) {
    session_.reset();
    request.may_be_executed ? recorder_.lost(request.id) : recorder_.refused(request.id, error);
    return;
  }
  throw Monitor::Violation("a client was refused: " + error);
}

// No answer to it will come on this connection.
void PipelineClient::settle(Request request, bool is_known_unexecuted, const std::string& why) {
  if (request.purpose == Purpose::kSetExpiring && expiring_ == request.expiring) expiring_.reset();
  if (request.purpose != Purpose::kOperation) return;
  if (options_.exactly_once) return again_.push_back(std::move(request));
  forget_own_key();
  is_known_unexecuted ? recorder_.refused(request.id, why) : recorder_.lost(request.id);
}

// What it holds is no longer known: some of the appends may come late, or never.
void PipelineClient::forget_own_key() {
  ++own_key_;
  own_value_.clear();
  for (Request& request : outstanding_) request.expected.reset();
}

}  // namespace holdfast::sim
