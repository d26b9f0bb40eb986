#pragma once

#include <optional>

#include "frontend/client_state.hpp"
#include "frontend/port.hpp"
#include "frontend/settings.hpp"
#include "kv/command.hpp"

namespace holdfast::frontend {

// What stands between a well-formed data command and the replica: the sizes of its keys, and, for
// a cluster-aware client, that this node is the leader. The refusal, if there is one.
std::optional<kv::Reply> refuse_data_command(const kv::CommandSpec& spec, kv::Args args,
                                             const ClientState& client, const Settings& settings,
                                             const Port& port);

// For a command that the parser passed over.
kv::Reply too_large(resp::RequestParser::Excess excess, const Settings& settings);

}  // namespace holdfast::frontend
