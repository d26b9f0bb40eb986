#include "kv/command.hpp"

#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>

#include "base/overload.hpp"
#include "kv/handlers.hpp"
#include "kv/text.hpp"

namespace holdfast::kv {
namespace {

const Command* find_row(std::string_view lower_case_name) {
  static const auto kRows = [] {
    boost::unordered_flat_map<std::string_view, const Command*> rows;
    for (const Command& command : command_rows()) rows.emplace(command.spec.name, &command);
    return rows;
  }();
  const auto at = kRows.find(lower_case_name);
  return at == kRows.end() ? nullptr : at->second;
}

// A client's words.
const Command* find_public(Args args) {
  const std::string_view name = args[0];
  if (name.size() > kNameMax || name.find('|') != std::string_view::npos) return nullptr;
  std::array<char, 2 * kNameMax + 1> buffer;
  char* end = std::ranges::transform(name, buffer.begin(), lower).out;
  const auto words = [&] {
    return std::string_view(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  };
  if (const Command* command = find_row(words())) return command;
  if (args.size() < 2 || args[1].size() > kNameMax) return nullptr;
  *end++ = '|';
  end = std::ranges::transform(args[1], end, lower).out;
  return find_row(words());
}

}  // namespace

const Command* find_handler(Args args) {
  return args[0].starts_with('|') ? find_internal(args[0]) : find_public(args);
}

Reply execute(const Command& command, Execution& at, Args args) {
  return std::visit(Overload{
                        [&](ReadHandler handler) { return handler(at.keyspace, args); },
                        [&](MomentHandler handler) {
                          const Moment moment{.now_ms = at.keyspace.now_ms(),
                                              .chance = at.index.value() + (++at.draws << 48),
                                              .is_replicated = true};
                          return handler(at.keyspace, moment, args);
                        },
                        [&](WriteHandler handler) { return handler(at, args); },
                    },
                    command.handler);
}

const CommandSpec* find_command(Args args) {
  const Command* command = find_public(args);
  return command == nullptr ? nullptr : &command->spec;
}

bool arity_matches(const CommandSpec& spec, std::size_t argument_count) {
  return spec.arity >= 0 ? argument_count == static_cast<std::size_t>(spec.arity)
                         : argument_count >= static_cast<std::size_t>(-spec.arity);
}

Reply wrong_arity(std::string_view lower_case_name) {
  return Reply::error("ERR wrong number of arguments for '" + std::string(lower_case_name) +
                      "' command");
}

Reply unknown_command(Args args) {
  constexpr std::size_t kShownMax = 128;
  std::string shown;
  for (const std::string_view arg : args.subspan(1)) {
    if (shown.size() >= kShownMax) break;
    shown += "'" + printable(arg, kShownMax - shown.size()) + "' ";
  }
  return Reply::error("ERR unknown command '" + printable(args[0], kShownMax) +
                      "', with args beginning with: " + shown);
}

}  // namespace holdfast::kv
