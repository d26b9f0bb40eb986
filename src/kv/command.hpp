#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "kv/batch.hpp"
#include "kv/reply.hpp"

namespace holdfast::kv {

// One row of the command table: commands are data, from which dispatch, arity errors, COMMAND
// and cluster redirects are made.
struct CommandSpec {
  std::string_view name;  // lower case; of a subcommand "container|subcommand"
  int arity;              // counts the name; negative: at least that many
  bool write;             // goes through the log
  int first_key;          // position of the first key, 0 if there are none
  int last_key;           // negative counts from the end
  int key_step;
  std::string_view group;    // as in COMMAND DOCS
  std::string_view summary;  // one line
  std::string_view since;
};

inline constexpr std::size_t kSlotCount = 16384;

// Names are matched without regard to case. Null if there is none.
const CommandSpec* find_command(std::string_view name);
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
