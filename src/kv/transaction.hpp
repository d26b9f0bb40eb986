#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kv/command.hpp"
#include "kv/reply.hpp"

namespace holdfast::kv {

// Commands that no client can send, since their names have a '|' in one word: nodes make them of
// what clients send.
//
//   |exec WATCHES [key version …] [words word …]…
//       A transaction: its commands, each behind the number of its words, are executed with nothing
//       in between, if each watched key still has its version. An array of their replies, or a null
//       array. WATCHES is the number of pairs.
//   |reply encoded-reply
//       Answers what it says: the place of a command in a transaction that a node has answered.
//   |versions key …
//       Their versions, as Keyspace::version_of().
inline constexpr std::string_view kExec = "|exec";
inline constexpr std::string_view kGiven = "|reply";
inline constexpr std::string_view kVersions = "|versions";

struct Transaction {
  struct Watch {
    std::string_view key;
    std::uint64_t version = 0;
  };
  std::vector<Watch> watches;
  std::vector<Args> commands;  // each with a word at least
};

// Nothing: no transaction. Views of `args`.
std::optional<Transaction> parse_transaction(Args args);

// Its words, made one after the other.
class TransactionWords {
 public:
  TransactionWords(std::size_t watches) : words_{std::string(kExec), std::to_string(watches)} {}
  // All watches come before all commands.
  void watch(std::string_view key, std::uint64_t version);
  void command(Args args);
  void answered(const Reply& reply);
  const std::vector<std::string>& words() const { return words_; }
  std::size_t bytes() const { return bytes_; }

 private:
  std::vector<std::string> words_;
  std::size_t bytes_ = 0;  // of its commands
};

const CommandSpec& versions_spec();

// Whether a client's command, which is known, may be one of a transaction's.
bool may_be_queued(Args args);

// Whether these words may stand in the log: a command that this version knows, with a number of
// arguments that matches, and so what is inside of it.
bool is_executable(Args args);

}  // namespace holdfast::kv
