#include "frontend/client_state.hpp"

namespace holdfast::frontend {

namespace {

std::string seconds(Instant from, Instant to) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(to - from).count());
}

}  // namespace

std::string describe(const ClientState& client, const ConnectionLoad& load, Instant now) {
  std::string line = "id=" + std::to_string(client.id);
  const auto add = [&line](const char* name, const std::string& value) {
    line += ' ';
    line += name;
    line += '=';
    line += value;
  };
  std::string flags;
  if (client.read_only) flags += 'r';
  if (client.closing) flags += 'c';
  if (client.transaction.is_open()) flags += 'x';
  if (client.is_monitor) flags += 'O';
  add("addr", client.address);
  add("name", client.name);
  add("age", seconds(client.connected_at, now));
  add("idle", seconds(client.last_heard_at, now));
  add("flags", flags.empty() ? "N" : flags);
  add("db", "0");
  for (const char* subscriptions : {"sub", "psub", "ssub"}) add(subscriptions, "0");
  add("multi",
      client.transaction.is_open() ? std::to_string(client.transaction.commands().size()) : "-1");
  add("watch", std::to_string(client.transaction.watches().size()));
  add("qbuf", std::to_string(load.query_bytes));
  add("pending", std::to_string(load.pending_requests));
  add("omem", std::to_string(load.output_bytes));
  add("tot-mem", std::to_string(load.query_bytes + load.output_bytes));
  add("events", "r");
  add("cmd", client.last_command.empty() ? "NULL" : client.last_command);
  add("user", client.authenticated ? "default" : "(none)");
  add("redir", "-1");
  add("resp", client.protocol == resp::Protocol::kResp3 ? "3" : "2");
  add("lib-name", client.lib_name);
  add("lib-ver", client.lib_version);
  return line;
}

}  // namespace holdfast::frontend
