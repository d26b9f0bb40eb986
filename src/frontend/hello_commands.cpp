#include "frontend/handlers.hpp"
#include "frontend/text.hpp"
#include "resp/number.hpp"

namespace holdfast::frontend {

namespace {

using kv::Reply;

Reply wrong_password() {
  return Reply::error("WRONGPASS invalid username-password pair or user is disabled.");
}

// There is one user. Without a password set, it may come with any; so does Redis.
bool is_welcome(const LocalCall& call, std::string_view user, std::string_view password) {
  const bool right =
      call.settings.password.empty() || same_secret(password, call.settings.password);
  return right && user == "default";
}

struct HelloOptions {
  std::optional<std::pair<std::string_view, std::string_view>> auth;  // user, password
  std::optional<std::string_view> name;
};

// The options behind the version; an error reply in their place if they are malformed.
std::optional<Reply> parse_hello(kv::Args args, HelloOptions& options) {
  for (std::size_t at = 2; at < args.size();) {
    const std::size_t more = args.size() - at - 1;
    if (same_word(args[at], "auth") && more >= 2) {
      options.auth = {args[at + 1], args[at + 2]};
      at += 3;
    } else if (same_word(args[at], "setname") && more >= 1) {
      options.name = args[at + 1];
      if (!is_plain_name(*options.name)) {
        return Reply::error(
            "ERR Client names cannot contain spaces, newlines or special characters.");
      }
      at += 2;
    } else {
      return Reply::error("ERR Syntax error in HELLO option " + quoted(args[at]));
    }
  }
  return std::nullopt;
}

Reply describe_server(const LocalCall& call) {
  const bool leads = call.port.leader() == call.settings.node;
  std::vector<Reply> items;
  const auto add = [&items](const char* key, Reply value) {
    items.push_back(Reply::bulk(key));
    items.push_back(std::move(value));
  };
  add("server", Reply::bulk("redis"));
  add("version", Reply::bulk(kRedisVersion));
  add("proto", Reply::integer(static_cast<int>(call.client.protocol)));
  add("id", Reply::integer(static_cast<std::int64_t>(call.client.id)));
  add("mode", Reply::bulk("cluster"));
  add("role", Reply::bulk(leads ? "master" : "replica"));
  add("modules", Reply::array({}));
  return Reply::map(std::move(items));
}

}  // namespace

Reply do_hello(LocalCall& call) {
  std::optional<resp::Protocol> protocol;
  if (call.args.size() > 1) {
    const auto version = resp::parse_integer(call.args[1]);
    if (!version) return Reply::error("ERR Protocol version is not an integer or out of range");
    if (*version != 2 && *version != 3) return Reply::error("NOPROTO unsupported protocol version");
    protocol = static_cast<resp::Protocol>(*version);
  }
  HelloOptions options;
  if (auto error = parse_hello(call.args, options)) return std::move(*error);
  if (options.auth) {
    if (!is_welcome(call, options.auth->first, options.auth->second)) return wrong_password();
    call.client.authenticated = true;
  }
  if (!call.client.authenticated) {
    return Reply::error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
        "RESP protocol version at the same time");
  }
  if (options.name) call.client.name = *options.name;
  if (protocol) call.client.protocol = *protocol;
  return describe_server(call);
}

Reply do_auth(LocalCall& call) {
  if (call.args.size() > 3) return syntax_error();
  const bool names_user = call.args.size() == 3;
  if (!names_user && call.settings.password.empty()) {
    return Reply::error(
        "ERR AUTH <password> called without any password configured for the default user. Are you "
        "sure your configuration is correct?");
  }
  if (!is_welcome(call, names_user ? call.args[1] : "default", call.args.back())) {
    return wrong_password();
  }
  call.client.authenticated = true;
  return Reply::ok();
}

Reply do_ping(LocalCall& call) {
  if (call.args.size() > 2) return kv::wrong_arity("ping");
  if (call.args.size() == 1) return Reply::status("PONG");
  return Reply::bulk(std::string(call.args[1]));
}

Reply do_echo(LocalCall& call) {
  return Reply::bulk(std::string(call.args[1]));
}

Reply do_quit(LocalCall& call) {
  call.client.closing = true;
  return Reply::ok();
}

// The connection as it was when it was made.
Reply do_reset(LocalCall& call) {
  ClientState fresh;
  fresh.id = call.client.id;
  fresh.address = call.client.address;
  fresh.lib_name = call.client.lib_name;
  fresh.lib_version = call.client.lib_version;
  fresh.last_command = call.client.last_command;
  fresh.connected_at = call.client.connected_at;
  fresh.last_heard_at = call.client.last_heard_at;
  fresh.authenticated = call.settings.password.empty();
  if (call.client.is_monitor) --call.port.statistics().monitors;
  call.client = std::move(fresh);
  return Reply::status("RESET");
}

Reply do_select(LocalCall& call) {
  const auto database = resp::parse_integer(call.args[1]);
  if (!database) return not_an_integer();
  return *database == 0 ? Reply::ok() : Reply::error("ERR DB index is out of range");
}

}  // namespace holdfast::frontend
