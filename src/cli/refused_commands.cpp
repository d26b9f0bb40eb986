#include "cli/refused_commands.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/checksum.hpp"
#include "frontend/key_positions.hpp"
#include "resp/reply_writer.hpp"

namespace holdfast::cli {

StreamCommand::StreamCommand(std::uint64_t n, std::uint64_t at,
                             std::span<const std::string_view> args)
    : number(n), offset(at) {
  resp::write_request(args, request);
  const kv::CommandSpec* named = kv::find_command(args);
  if (named == nullptr || !kv::arity_matches(*named, args.size())) return;
  const frontend::Keyed keyed = frontend::keyed_command(*named, args);
  if (keyed.spec == nullptr) return;
  writes_ = keyed.spec->is_write();
  frontend::for_each_key(*keyed.spec, keyed.args,
                         [&](std::size_t i) { keys_.push_back(checksum(keyed.args[i])); });
  writes_all_ = keys_.empty();
}

bool StreamCommand::conflicts_with(const StreamCommand& other) const {
  if (!writes_ || !other.writes_) return false;
  if (writes_all_ || other.writes_all_) return true;
  return std::ranges::find_first_of(keys_, other.keys_) != keys_.end();
}

bool RefusedCommands::is_refusal(std::string_view error) {
  constexpr std::array<std::string_view, 2> kStarts{"CLUSTERDOWN ", "TRYAGAIN "};
  return std::ranges::any_of(kStarts, [&](auto start) { return error.starts_with(start); });
}

void RefusedCommands::add(StreamCommand command, std::string error) {
  commands_.push_back({std::move(command), std::move(error)});
}

std::deque<RefusedCommands::Refused> RefusedCommands::overtaken_by(const StreamCommand& later) {
  const auto stay = std::ranges::stable_partition(
      commands_, [&](const Refused& refused) { return !refused.command.conflicts_with(later); });
  std::deque<Refused> overtaken(std::move_iterator(stay.begin()), std::move_iterator(stay.end()));
  commands_.erase(stay.begin(), stay.end());
  return overtaken;
}

}  // namespace holdfast::cli
