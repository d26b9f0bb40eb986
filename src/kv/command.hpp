#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "kv/batch.hpp"
#include "kv/reply.hpp"

namespace holdfast::kv {

// What COMMAND tells clients of a command: those of Redis's flags that mean something here.
using Flags = std::uint16_t;
namespace flag {
inline constexpr Flags kWrite = 1 << 0;  // goes through the log
inline constexpr Flags kReadonly = 1 << 1;
inline constexpr Flags kDenyOom = 1 << 2;  // may make the data larger
inline constexpr Flags kAdmin = 1 << 3;
inline constexpr Flags kLoading = 1 << 4;  // answered by this node alone, whatever the others do
inline constexpr Flags kStale = 1 << 5;
inline constexpr Flags kFast = 1 << 6;         // its time doesn't depend on the data
inline constexpr Flags kNoAuth = 1 << 7;       // allowed before the password was given
inline constexpr Flags kMovableKeys = 1 << 8;  // COMMAND GETKEYS knows where the keys are
}  // namespace flag

// Where the keys stand among the arguments, and what is done to them.
struct Keys {
  int first = 0;  // position of the first, 0 if there are none
  int last = 0;   // negative counts from the end
  int step = 0;
  // As COMMAND GETKEYSANDFLAGS says it. After a '|' what is true of all keys but the first.
  std::string_view use;
};

// One row of a command table: commands are data, from which dispatch, arity errors, COMMAND,
// docs/commands.md and cluster redirects are made.
struct CommandSpec {
  std::string_view name;  // lower case; of a subcommand "container|subcommand"
  int arity;              // counts all words of the name; negative: at least that many
  Flags flags;
  Keys keys;
  std::string_view group;   // as in COMMAND DOCS
  std::string_view since;   // the version of Redis
  std::string_view syntax;  // of what follows the name
  std::string_view summary;

  constexpr bool is_write() const { return (flags & flag::kWrite) != 0; }
  constexpr bool is_subcommand() const { return name.find('|') != std::string_view::npos; }
};

inline constexpr std::size_t kSlotCount = 16384;

// The row for a client's words, which may have more words than the name: the second may name a
// subcommand. Without regard to case. Null if there is none.
const CommandSpec* find_command(Args args);
// Sorted by name.
std::span<const CommandSpec* const> all_commands();

bool arity_matches(const CommandSpec& spec, std::size_t argument_count);

// The error texts of Redis, where clients look for them.
Reply wrong_arity(std::string_view lower_case_name);
Reply unknown_command(Args args);

// The command that ONCE … carries, to find its keys. Empty if `args` is not a well-formed ONCE.
Args command_in_once(Args args);

// Redis Cluster's CRC16 slot, 0 to 16,383, with the {hash tag} rule.
std::uint16_t key_slot(std::string_view key);

}  // namespace holdfast::kv
