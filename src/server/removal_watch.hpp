#pragma once

#include <functional>
#include <thread>

#include "raft/types.hpp"
#include "server/options.hpp"

namespace holdfast::server {

// A node that was added is told of its removal by the others, when they reach it. One that none of
// them has reached yet asks for itself, at intervals, those whom it was to join; until then it
// knows of nobody else. Has a thread of its own; the rest is of the thread that made it.
class RemovalWatch {
 public:
  // `options` outlives it. `added_at`: HardState::votes_from. `removed` is called once, at most,
  // and in the watch's thread.
  RemovalWatch(const Options& options, raft::Position added_at, std::function<void()> removed);

  // The others have reached this node. A question may be under way still.
  void stop() { thread_.request_stop(); }

 private:
  std::jthread thread_;
};

}  // namespace holdfast::server
