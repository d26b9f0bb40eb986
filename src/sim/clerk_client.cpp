#include "sim/clerk_client.hpp"

#include <utility>

#include "base/check.hpp"
#include "base/overload.hpp"
#include "resp/reply_writer.hpp"
#include "sim/kv_server.hpp"

namespace holdfast::sim {

namespace {

using client::ClerkCore;
using client::ClerkError;

constexpr std::uint64_t kPatience = std::uint64_t{10} << 56;  // of Events::at's `what`
constexpr std::uint64_t kThink = std::uint64_t{11} << 56;

std::vector<Address> endpoints(const Cluster& cluster) {
  std::vector<Address> addresses;
  for (const NodeId node : cluster.nodes()) addresses.push_back(address_of(node));
  return addresses;
}

}  // namespace

ClerkDriver::ClerkDriver(Cluster& cluster, std::uint64_t client, client::ClerkOptions options)
    : cluster_(cluster), client_(client), core_(endpoints(cluster), std::move(options)) {}

ClerkDriver::~ClerkDriver() {
  *alive_ = false;
  drop_stream();
}

void ClerkDriver::start(ClerkCore::Kind kind, std::vector<std::string> args, Done done) {
  CHECK(!done_);
  done_ = std::move(done);
  drive(core_.start(cluster_.now(), kind, std::move(args)));
}

void ClerkDriver::drive(ClerkCore::Action action) {
  ++step_;
  awaits_reply_ = std::holds_alternative<ClerkCore::Send>(action);
  std::visit(Overload{[&](const ClerkCore::Connect& connect) { carry_out(connect); },
                      [&](const ClerkCore::Send& send) { carry_out(send); },
                      [&](const ClerkCore::Rest& rest) { wait(rest.until); },
                      [&](ClerkCore::Done& done) {
                        std::exchange(done_, nullptr)(std::move(done.result));
                      }},
             action);
}

void ClerkDriver::carry_out(const ClerkCore::Connect& connect) {
  drop_stream();
  const auto node = node_at(connect.address);
  CHECK_MSG(node.has_value(), "a Clerk was sent to " + connect.address.to_string());
  node_ = *node;
  StreamEnd& end = *this;
  stream_ = cluster_.streams().connect(end, client_, node_);
  wait(connect.until);
}

void ClerkDriver::carry_out(const ClerkCore::Send& send) {
  if (stream_ == 0) return drive(core_.disconnected(cluster_.now(), "the connection was closed"));
  std::string bytes;
  resp::write_request(send.args, bytes);
  cluster_.streams().send_to_node(stream_, bytes);
  wait(send.until);
}

void ClerkDriver::wait(Instant until) {
  cluster_.events().at(until, kPatience | client_, [this, alive = alive_, step = step_] {
    if (*alive && step == step_ && done_) drive(core_.timed_out(cluster_.now()));
  });
}

void ClerkDriver::drop_stream() {
  if (stream_ != 0) cluster_.streams().close_by_client(std::exchange(stream_, 0));
  parser_ = resp::ReplyParser();
}

void ClerkDriver::stream_connected(StreamId id) {
  if (id == stream_ && done_) drive(core_.connected(cluster_.now()));
}

void ClerkDriver::stream_received(StreamId id, std::string_view bytes) {
  // A late answer while the core rests or turns elsewhere is read by nobody.
  if (id != stream_ || !awaits_reply_) return;
  parser_.feed(bytes);
  while (awaits_reply_ && id == stream_) {
    switch (parser_.next()) {
      case resp::ReplyParser::Event::kNeedMore:
        return;
      case resp::ReplyParser::Event::kReply:
        drive(core_.received(cluster_.now(), parser_.take()));
        break;
      case resp::ReplyParser::Event::kError:
        throw Monitor::Violation("a client can't read what a node sent: " + parser_.error());
    }
  }
}

void ClerkDriver::stream_closed(StreamId id) {
  if (id != stream_) return;
  stream_ = 0;
  parser_ = resp::ReplyParser();
  if (done_) drive(core_.disconnected(cluster_.now(), "the connection was closed"));
}

ClerkClient::ClerkClient(Cluster& cluster, Recorder& recorder, Workload workload,
                         std::uint64_t client, client::ClerkOptions options, Pace pace, Dice dice)
    : cluster_(cluster),
      recorder_(recorder),
      workload_(std::move(workload)),
      pace_(pace),
      dice_(dice),
      driver_(cluster, client, std::move(options)) {}

void ClerkClient::next() {
  if (stopped_) return;
  lincheck::Operation operation = workload_.next();
  const auto kind = is_read(operation) ? ClerkCore::Kind::kRead : ClerkCore::Kind::kWrite;
  auto command = command_of(operation);
  const auto id = recorder_.began(std::move(operation));
  driver_.start(kind, std::move(command),
                [this, id](const client::ClerkResult& result) { done(id, result); });
}

void ClerkClient::done(Recorder::OperationId id, const client::ClerkResult& result) {
  recorder_.asked(id, driver_.node());
  if (result) {
    recorder_.answered(id, *result);
  } else {
    switch (result.error().kind) {
      case ClerkError::Kind::kUnknown:
      case ClerkError::Kind::kSessionExpired:
        recorder_.lost(id);
        break;
      case ClerkError::Kind::kNotExecuted:
        recorder_.refused(id, result.error().text);
        break;
      case ClerkError::Kind::kRefused:
      case ClerkError::Kind::kProtocol:
        throw Monitor::Violation("a Clerk was refused: " + result.error().text);
    }
  }
  const Duration think = dice_.mostly_low(pace_.think_min, pace_.think_max);
  cluster_.events().after(think, kThink, [this, alive = alive_] {
    if (*alive) next();
  });
}

}  // namespace holdfast::sim
