#include "frontend/data_checks.hpp"

#include "frontend/key_positions.hpp"
#include "frontend/local_command.hpp"
#include "frontend/text.hpp"

namespace holdfast::frontend {

namespace {

kv::Reply longer_than(const char* what, std::size_t bytes_max) {
  return kv::Reply::error(std::string("ERR ") + what + " is longer than the limit of " +
                          std::to_string(bytes_max) + " bytes");
}

// "-MOVED slot host:port". One shard owns all slots, so any of the keys names the same node; the
// slot must still be the first key's own, or cluster clients ask again for ever.
std::optional<kv::Reply> moved(std::string_view key, const Settings& settings, const Port& port) {
  const NodeId leader = port.leader();
  if (!leader || leader == settings.node) return std::nullopt;
  const auto address = port.client_address(leader);
  if (!address) return std::nullopt;
  return kv::Reply::error("MOVED " + std::to_string(kv::key_slot(key)) + " " +
                          address->to_string());
}

bool is_full(const Port& port) {
  const std::uint64_t bound = port.statistics().tunables.maxmemory;
  return bound != 0 && port.used_memory() > bound;
}

}  // namespace

std::optional<kv::Reply> refuse_data_command(const kv::CommandSpec& spec, kv::Args args,
                                             const ClientState& client, const Settings& settings,
                                             const Port& port) {
  // Names that only nodes may use, inside of ONCE.
  const kv::Args once = kv::command_in_once(args);
  if (!once.empty() && once[0].starts_with('|')) return kv::unknown_command(once);
  if (!once.empty() && kv::find_command(once) == nullptr && find_local(once[0]) != nullptr) {
    return kv::Reply::error("ERR " + quoted(lower(once[0])) +
                            " is not allowed in ONCE: it is no command on data");
  }
  const Keyed keyed = keyed_command(spec, args);
  if (keyed.spec == nullptr) return std::nullopt;
  bool too_long = false;
  std::optional<std::string_view> first_key;
  for_each_key(*keyed.spec, keyed.args, [&](std::size_t at) {
    too_long = too_long || keyed.args[at].size() > settings.key_bytes_max;
    if (!first_key) first_key = keyed.args[at];
  });
  if (too_long) return longer_than("key", settings.key_bytes_max);
  if ((keyed.spec->flags & kv::flag::kDenyOom) != 0 && is_full(port)) {
    return kv::Reply::error("OOM command not allowed when used memory > 'maxmemory'.");
  }
  const bool stays_here = client.read_only && !spec.is_write();
  if (!client.cluster_aware || stays_here || !first_key) return std::nullopt;
  return moved(*first_key, settings, port);
}

kv::Reply too_large(resp::RequestParser::Excess excess, const Settings& settings) {
  using enum resp::RequestParser::Excess;
  switch (excess) {
    case kArgument:
      return longer_than("value", settings.value_bytes_max);
    case kArguments:
      return kv::Reply::error("ERR command has more arguments than the limit of " +
                              std::to_string(resp::RequestLimits().arguments_max));
    case kNone:
    case kCommand:
      break;
  }
  return longer_than("command", settings.command_bytes_max);
}

}  // namespace holdfast::frontend
