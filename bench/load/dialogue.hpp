#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "load/pace.hpp"

namespace holdfast::bench {

// A GET, or a SET to the value that the dialogue has for all.
struct Operation {
  bool is_read = false;
  std::uint64_t key = 0;
  Clock::time_point due;
};

struct Answer {
  Operation operation;
  bool is_missing = false;  // a GET of a key that is not there
  std::string error{};      // empty: done
};

// What is said on one connection to a server: bytes out, bytes in, no socket. Any number of
// operations may be asked before an answer comes.
class Dialogue {
 public:
  virtual ~Dialogue() = default;

  // Appends the request to `out`.
  virtual void ask(const Operation& operation, std::string& out) = 0;
  // What came, cut anywhere: appends the answers that are whole, and to `out` what the protocol
  // itself has to say. False: the other side does not speak it.
  [[nodiscard]] virtual bool hear(std::string_view bytes, std::vector<Answer>& answers,
                                  std::string& out) = 0;
};

// As redis-benchmark names them, so that both find each other's.
std::string key_name(std::uint64_t key);

// `value`: what SETs write; it has to live as long as the dialogue.
std::unique_ptr<Dialogue> make_resp_dialogue(const std::string& value);
// etcd's gRPC: Put, and Range, which is linearizable as it stands. One HTTP/2 stream each.
std::unique_ptr<Dialogue> make_etcd_dialogue(const std::string& value, std::string authority);

}  // namespace holdfast::bench
