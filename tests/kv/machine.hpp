#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "kv/command.hpp"
#include "kv/state_machine.hpp"

namespace holdfast::kv {

using Words = std::vector<std::string>;

inline std::vector<std::string_view> views(const Words& words) {
  return {words.begin(), words.end()};
}

// Of the name, as a client says it.
inline Words words_of(const CommandSpec& spec) {
  const auto bar = spec.name.find('|');
  if (bar == std::string_view::npos) return {std::string(spec.name)};
  return {std::string(spec.name.substr(0, bar)), std::string(spec.name.substr(bar + 1))};
}

inline const Reply kOk = Reply::ok();
inline const Reply kNull = Reply::null();
inline Reply n(std::int64_t value) {
  return Reply::integer(value);
}
inline Reply b(std::string bytes) {
  return Reply::bulk(std::move(bytes));
}

inline std::string encode_commands(const std::vector<Words>& commands) {
  std::string bytes;
  Writer out(bytes);
  for (const Words& words : commands) put_command(views(words), out);
  return bytes;
}

// Sections in the making of one log entry.
class BatchText {
 public:
  explicit BatchText(std::uint64_t cluster_time_ms = 0, std::uint64_t unled_ms = 0) {
    Writer out(bytes_);
    put_batch_header({cluster_time_ms, unled_ms}, out);
  }

  BatchText& open(std::uint64_t origin, std::uint64_t nonce) {
    Writer out(bytes_);
    put_section(OpenSection{NodeId(origin), nonce}, out);
    return *this;
  }
  BatchText& commands(std::uint64_t origin, std::uint64_t epoch, std::uint64_t first_seq,
                      const std::vector<Words>& commands, std::uint32_t value_bytes_max = 1 << 20) {
    const std::string bytes = encode_commands(commands);
    Writer out(bytes_);
    put_section(CommandsSection{NodeId(origin), Index(epoch), first_seq, value_bytes_max,
                                static_cast<std::uint32_t>(commands.size()), bytes},
                out);
    return *this;
  }
  std::string_view bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Remembers what it heard.
struct Heard : ApplyListener {
  void applied(NodeId origin, Index epoch, std::uint64_t seq, Reply reply) override {
    lines.push_back("applied " + number(origin) + " " + number(epoch) + " " + std::to_string(seq));
    replies.push_back(std::move(reply));
  }
  void gap(NodeId origin, Index epoch, std::uint64_t expected) override {
    lines.push_back("gap " + number(origin) + " " + number(epoch) + " " + std::to_string(expected));
  }
  void opened(NodeId origin, std::uint64_t nonce, Index epoch) override {
    lines.push_back("opened " + number(origin) + " nonce " + std::to_string(nonce) + " " +
                    number(epoch));
  }
  template <class Id>
  static std::string number(Id id) {
    return std::to_string(id.value());
  }

  std::vector<std::string> lines;
  std::vector<Reply> replies;
};

// A state machine with one origin, for tests of commands: each run() is one log entry.
class Machine {
 public:
  explicit Machine(Limits limits = {}) : machine_(limits) {
    Heard heard;
    machine_.apply(next_index(), BatchText().open(1, 7).bytes(), heard);
  }

  Reply run(const Words& words) { return run_all({words}).at(0); }
  // All in one entry.
  std::vector<Reply> run_all(const std::vector<Words>& commands) {
    Heard heard;
    BatchText batch(now_ms, unled_ms);
    batch.commands(1, 1, seq_, commands, value_bytes_max);
    seq_ += commands.size();
    machine_.apply(next_index(), batch.bytes(), heard);
    EXPECT_EQ(heard.replies.size(), commands.size());
    return std::move(heard.replies);
  }
  Reply read(const Words& words, const Moment& moment = {}) const {
    return machine_.read(views(words), moment);
  }
  std::int64_t open_session() { return std::get<std::int64_t>(run({"SESSION", "OPEN"}).value); }

  StateMachine& state() { return machine_; }

  std::uint64_t now_ms = 1'000'000;
  std::uint64_t unled_ms = 0;
  std::uint32_t value_bytes_max = 1 << 20;

 private:
  Index next_index() { return Index(++index_); }

  StateMachine machine_;
  std::uint64_t index_ = 0;
  std::uint64_t seq_ = 1;
};

inline std::string error_of(const Reply& reply) {
  const auto* error = std::get_if<Reply::Error>(&reply.value);
  return error == nullptr ? "(no error)" : error->text;
}

inline std::string first_word(const std::string& text) {
  return text.substr(0, text.find(' '));
}

// gtest prints a failed comparison of replies by this.
inline void PrintTo(const Reply& reply, std::ostream* os) {
  std::string bytes;
  Writer out(bytes);
  encode(reply, out);
  *os << testing::PrintToString(bytes);
}

}  // namespace holdfast::kv
