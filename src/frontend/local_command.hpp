#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

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
    kBeforeAuth,  // allowed before the password was given
    kExec,
    kWatch,
    kAfterPrevious,  // its answer depends on the requests before it: runs when those are answered
    kContainer,      // has subcommands, of which `kv` may have some
  };

  kv::CommandSpec spec;
  LocalHandler run = nullptr;
  Kind kind = Kind::kPlain;
  SubmitHandler submit = nullptr;  // in place of `run`
};

// Sorted by name.
std::span<const LocalCommand> local_commands();
// Of a container, its subcommand. Null if there is none.
const LocalCommand* find_local(std::string_view name);
const LocalCommand* find_local(std::string_view container, std::string_view subcommand);
// The rows of this table and of the store's, sorted by name.
using Specs = std::vector<const kv::CommandSpec*>;
Specs all_specs();
Specs top_specs();  // without subcommands
Specs subcommands(const kv::CommandSpec& container);
// By its whole name, that of a subcommand with '|'. Null if there is none.
const kv::CommandSpec* find_spec(std::string_view name);
// What `<container> HELP` answers.
kv::Reply help(const LocalCommand& container);
kv::Reply unknown_subcommand(const LocalCommand& container, std::string_view subcommand);

}  // namespace holdfast::frontend
