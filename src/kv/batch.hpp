#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/codec.hpp"
#include "base/ids.hpp"

namespace holdfast::kv {

using Args = std::span<const std::string_view>;

// The payload of a log entry is a batch: the leader's cluster time and sections. A section is
// what one node's clients asked for. Its commands carry consecutive numbers of that node's
// epoch, by which every replica applies each of them at most once and in order, however often
// and through however many leaders the section was sent (see StateMachine).

struct CommandsSection {
  NodeId origin;
  Index epoch;                        // the log index at which the origin's numbering was opened
  std::uint64_t first_seq = 0;        // of the first command; the first command of an epoch is 1
  std::uint32_t value_bytes_max = 0;  // the origin's setting: a write that would make a value
                                      // longer is refused, on every replica alike
  std::uint32_t count = 0;
  std::string_view commands;  // `count` times put_command()
};

// Opens a new epoch for a node: its log index becomes the epoch. Whatever the node sent in an
// earlier epoch and is not applied by then never will be.
struct OpenSection {
  NodeId origin;
  std::uint64_t nonce = 0;  // drawn by the process, so that it knows its own
};

using Section = std::variant<CommandsSection, OpenSection>;

void put_command(Args args, Writer& out);
// Reads one command; the views point into the reader's input. Fails `in` on malformed bytes.
void get_command(Reader& in, std::vector<std::string_view>& args);

void put_section(const Section& section, Writer& out);
// What stands before the commands of a section, which take so many bytes.
void put_section_head(const CommandsSection& section, std::size_t commands_bytes, Writer& out);
// Views point into the reader's input. Empty, with `in` failed, on malformed bytes. Checks the
// section's own structure including every command in it, so that a section from a peer that
// passes can be applied.
std::optional<Section> get_section(Reader& in);
// The same without a look at the commands, for bytes that once passed get_section().
std::optional<Section> get_validated_section(Reader& in);

// A batch is put_batch_header() and then sections until the end.
struct BatchTime {
  std::uint64_t cluster_ms = 0;
  std::uint64_t unled_ms = 0;  // of the time since the batch before, in which nobody led
};
inline constexpr std::size_t kBatchHeaderBytes = 17;
void put_batch_header(const BatchTime& time, Writer& out);
std::optional<BatchTime> get_batch_header(Reader& in);

}  // namespace holdfast::kv
