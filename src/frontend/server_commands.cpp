#include "frontend/handlers.hpp"
#include "frontend/text.hpp"

namespace holdfast::frontend {

namespace {

using kv::Reply;

std::optional<Reply> refuse_debug(const LocalCall& call) {
  if (call.settings.enable_debug) return std::nullopt;
  return Reply::error("ERR DEBUG command not allowed on this server");
}

}  // namespace

// [seconds, microseconds]
Reply do_time(LocalCall& call) {
  constexpr std::uint64_t kMicros = 1'000'000;
  const std::uint64_t now = call.port.unix_time_us();
  return Reply::array(
      {Reply::bulk(std::to_string(now / kMicros)), Reply::bulk(std::to_string(now % kMicros))});
}

Reply do_debug_sleep(LocalCall& call) {
  if (auto refusal = refuse_debug(call)) return std::move(*refusal);
  const auto seconds = parse_seconds(call.args[2]);
  if (!seconds) return Reply::error("ERR value is not a valid float");
  const auto error = call.port.stall(Duration(static_cast<std::int64_t>(*seconds * 1e6)));
  return error ? Reply::error(*error) : Reply::ok();
}

// Keys expire when their time has come, whatever is asked for.
Reply do_debug_accept(LocalCall& call) {
  if (auto refusal = refuse_debug(call)) return std::move(*refusal);
  return Reply::ok();
}

// There are no functions to remove.
Reply do_function_flush(LocalCall&) {
  return Reply::ok();
}

Reply do_lolwut(LocalCall& call) {
  return Reply::verbatim("Holdfast ver. " + call.settings.version + "\n");
}

// SHUTDOWN [NOSAVE | SAVE | NOW | FORCE] …: all is saved at all times, so they change nothing.
Reply do_shutdown(LocalCall& call) {
  for (const std::string_view option : call.args.subspan(1)) {
    const bool known = same_word(option, "nosave") || same_word(option, "save") ||
                       same_word(option, "now") || same_word(option, "force");
    if (!known) return syntax_error();
  }
  if (const auto error = call.port.shutdown()) return Reply::error(*error);
  // Clients take the end of the connection for success, and any reply for a failure.
  call.client.replies_off = true;
  call.client.closing = true;
  return Reply::ok();
}

}  // namespace holdfast::frontend
