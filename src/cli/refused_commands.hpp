#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::cli {

// A command of a stream, as it is sent.
struct StreamCommand {
  // `args` is not empty.
  StreamCommand(std::uint64_t n, std::uint64_t at, std::span<const std::string_view> args);

  // Whether it matters which of the two is executed first.
  bool conflicts_with(const StreamCommand& other) const;

  std::uint64_t number;  // in the stream, from one
  std::uint64_t offset;
  std::string request;

 private:
  bool writes_ = true;
  // Of a command that is not known, or names no key: it may write any.
  bool writes_all_ = true;
  std::vector<std::uint64_t> keys_;  // their checksums
};

// Commands of a pipeline that were answered with an error by which they certainly were not
// executed, and that shall be sent again.
class RefusedCommands {
 public:
  struct Refused {
    StreamCommand command;
    std::string error;
  };

  // Whether the error is such a one, as a cluster without a leader or with too much to do gives it.
  static bool is_refusal(std::string_view error);

  void add(StreamCommand command, std::string error);
  // A later command was executed, or may have been. Takes out, and returns, those that would come
  // in the wrong order behind it.
  std::deque<Refused> overtaken_by(const StreamCommand& later);
  // All, in their order.
  std::deque<Refused> take() { return std::exchange(commands_, {}); }
  bool empty() const { return commands_.empty(); }

 private:
  std::deque<Refused> commands_;
};

}  // namespace holdfast::cli
