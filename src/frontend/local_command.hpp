#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "frontend/client_state.hpp"
#include "frontend/port.hpp"
#include "frontend/settings.hpp"
#include "kv/command.hpp"

namespace holdfast::frontend {

// One run of a command that the connection answers by itself.
struct LocalCall {
  kv::Args args;
  ClientState& client;
  const ConnectionLoad& load;
  const Settings& settings;
  Port& port;
  Instant now;
};

using LocalHandler = kv::Reply (*)(LocalCall&);
// For what takes time: hands the request on to the Port under this number, or refuses it.
using SubmitHandler = std::optional<kv::Reply> (*)(LocalCall&, std::uint64_t request);

// A row of the table of local commands: dispatch, HELP and COMMAND are made from it.
struct LocalCommand {
  enum class Kind : std::uint8_t {
    kPlain,
    kBeforeAuth,     // allowed before the password was given
    kAfterPrevious,  // its answer depends on the requests before it: runs when those are answered
    kContainer,      // has subcommands
    kStored,         // a subcommand that `kv` executes, as a read of the same name
  };

  kv::CommandSpec spec;  // of a subcommand: "client|id", and its arity counts both words
  LocalHandler run = nullptr;
  Kind kind = Kind::kPlain;
  SubmitHandler submit = nullptr;  // in place of `run`
};

// Sorted by name.
std::span<const LocalCommand> local_commands();
// Of a container, its subcommand. Null if there is none.
const LocalCommand* find_local(std::string_view name);
const LocalCommand* find_local(std::string_view container, std::string_view subcommand);
// What `<container> HELP` answers.
kv::Reply help(const LocalCommand& container);
kv::Reply unknown_subcommand(const LocalCommand& container, std::string_view subcommand);

}  // namespace holdfast::frontend
