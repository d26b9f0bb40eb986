#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>

#include "storage/descriptor.hpp"

namespace holdfast::storage {

// Gives the room of removed files back to the file system little by little, in a thread of its own.
//
// A file system that is mounted with `discard` tells the device about all the room that a removed
// file had; a device that is told of a whole segment may serve nothing else for tens of
// milliseconds, while a log waits for its sync.
class Reclaimer {
 public:
  Reclaimer() = default;
  // What is left goes back at once.
  ~Reclaimer();

  // A file that has no name any more. For any thread.
  void give(Descriptor file, std::uint64_t bytes);

 private:
  struct Removed {
    Descriptor file;
    std::uint64_t bytes = 0;
  };
  void run();
  bool has_thread();
  // False: there is nothing more to be done with it.
  static bool shrink(Removed& removed, std::uint64_t step);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Removed> waiting_;
  std::uint64_t bytes_ = 0;  // of all that wait, and of the one in hand
  bool closing_ = false;
  std::thread thread_;  // from the first file on
};

}  // namespace holdfast::storage
