// A client's bytes, from the socket to the store and back: what it sends is executed, whatever it
// is, answers are well-formed, and a copy of the state is the state.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.hpp"
#include "frontend/node.hpp"
#include "kv/machine.hpp"
#include "kv/state_builder.hpp"
#include "kv/transaction.hpp"
#include "resp/reply_parser.hpp"

namespace holdfast {
namespace {

// One node without others: what is submitted is applied at once.
class Store {
 public:
  Store() { machine_.apply(Index(1), kv::BatchText().open(1, 7).bytes(), heard_); }

  kv::Reply run(const frontend::FakeNode::Submitted& asked) {
    const std::vector<std::string_view> args(asked.args.begin(), asked.args.end());
    if (!asked.is_write) return machine_.read(args);
    CHECK(kv::is_executable(args));
    now_ms_ += 7;
    kv::BatchText batch(now_ms_);
    batch.commands(1, 1, seq_++, {asked.args}, 1 << 16);
    machine_.apply(Index(++index_), batch.bytes(), heard_);
    kv::Reply reply = std::move(heard_.replies.back());
    heard_.replies.clear();
    return reply;
  }

  void check_copy() {
    machine_.begin_copy();
    kv::StateBuilder builder;
    for (std::string piece = machine_.next_piece(100); !piece.empty();
         piece = machine_.next_piece(100)) {
      CHECK(builder.add(piece));
    }
    auto copy = builder.finish();
    CHECK(copy && copy->digest() == machine_.digest());
  }

 private:
  kv::StateMachine machine_;
  kv::Heard heard_;
  std::uint64_t now_ms_ = 1'700'000'000'000;
  std::uint64_t index_ = 1;
  std::uint64_t seq_ = 1;
};

void check_replies(const std::string& bytes) {
  resp::ReplyParser parser;
  parser.feed(bytes);
  for (;;) {
    const auto event = parser.next();
    CHECK_MSG(event != resp::ReplyParser::Event::kError, parser.error());
    if (event == resp::ReplyParser::Event::kNeedMore) break;
    static_cast<void>(parser.take());
  }
}

frontend::Settings small() {
  frontend::Settings settings;
  settings.key_bytes_max = 64;
  settings.value_bytes_max = 1 << 16;
  settings.command_bytes_max = 1 << 18;
  return settings;
}

void run(std::string_view bytes, std::size_t piece, bool with_copy) {
  Store store;
  frontend::Client client(small());
  std::string heard;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    heard += client.says(bytes.substr(at, piece));
    while (!client.node.submitted.empty()) {
      heard += client.answered(store.run(client.node.submitted.front()));
    }
  }
  check_replies(heard);
  if (with_copy) store.check_copy();
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  // Two states take longer to make than one.
  holdfast::run(bytes, 1 + data[0] % 128, data[0] >= 128);
  return 0;
}
