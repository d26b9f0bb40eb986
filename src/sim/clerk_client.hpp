#pragma once

#include <functional>

#include "client/clerk_core.hpp"
#include "resp/reply_parser.hpp"
#include "sim/client.hpp"
#include "sim/recorder.hpp"
#include "sim/workload.hpp"

namespace holdfast::sim {

// The production Clerk's logic over a simulated connection: one command at a time.
class ClerkDriver final : private StreamEnd {
 public:
  using Done = std::function<void(client::ClerkResult)>;

  // `client` tells connections of different clients apart, for cuts between them and nodes.
  ClerkDriver(Cluster& cluster, std::uint64_t client, client::ClerkOptions options);
  ~ClerkDriver() override;

  void start(client::ClerkCore::Kind kind, std::vector<std::string> args, Done done);
  bool is_idle() const { return !done_; }
  NodeId node() const { return node_; }  // that was connected to last

 private:
  void drive(client::ClerkCore::Action action);
  void carry_out(const client::ClerkCore::Connect& connect);
  void carry_out(const client::ClerkCore::Send& send);
  void wait(Instant until);
  void drop_stream();

  void stream_connected(StreamId id) override;
  void stream_received(StreamId id, std::string_view bytes) override;
  void stream_closed(StreamId id) override;

  Cluster& cluster_;
  std::uint64_t client_;
  client::ClerkCore core_;
  resp::ReplyParser parser_;
  Done done_;
  NodeId node_;
  StreamId stream_ = 0;  // zero: none
  bool awaits_reply_ = false;
  std::uint64_t step_ = 0;  // of the action that is awaited
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

struct Pace {
  Duration think_min = std::chrono::milliseconds(0);  // between operations
  Duration think_max = std::chrono::milliseconds(20);
};

// A Clerk with a workload.
class ClerkClient final : public Client {
 public:
  ClerkClient(Cluster& cluster, Recorder& recorder, Workload workload, std::uint64_t client,
              client::ClerkOptions options, Pace pace, Dice dice);

  void start() override { next(); }
  void stop() override { stopped_ = true; }
  bool is_idle() const override { return driver_.is_idle(); }

 private:
  void next();
  void done(Recorder::OperationId id, const client::ClerkResult& result);

  Cluster& cluster_;
  Recorder& recorder_;
  Workload workload_;
  Pace pace_;
  Dice dice_;
  ClerkDriver driver_;
  bool stopped_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace holdfast::sim
