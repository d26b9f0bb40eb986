#include <algorithm>
#include <charconv>

#include "frontend/handlers.hpp"
#include "frontend/text.hpp"
#include "resp/number.hpp"

namespace holdfast::frontend {

namespace {

using kv::Reply;

std::optional<std::uint64_t> parse_client_id(std::string_view text) {
  const auto id = resp::parse_integer(text);
  if (!id || *id <= 0) return std::nullopt;
  return static_cast<std::uint64_t>(*id);
}

struct KillFilter {
  std::optional<std::uint64_t> id;
  std::optional<std::string> address;
  bool skip_me = true;
};

std::optional<Reply> parse_kill_filter(kv::Args pairs, KillFilter& filter) {
  if (pairs.size() % 2 != 0) return syntax_error();
  for (std::size_t at = 0; at < pairs.size(); at += 2) {
    const std::string_view name = pairs[at], value = pairs[at + 1];
    if (same_word(name, "id")) {
      filter.id = parse_client_id(value);
      if (!filter.id) return Reply::error("ERR client-id should be greater than 0");
    } else if (same_word(name, "addr")) {
      filter.address = std::string(value);
    } else if (same_word(name, "skipme") && (same_word(value, "yes") || same_word(value, "no"))) {
      filter.skip_me = same_word(value, "yes");
    } else {
      return syntax_error();
    }
  }
  // Without a filter, every client of the node would be closed at a slip of the hand.
  if (!filter.id && !filter.address) return syntax_error();
  return std::nullopt;
}

// This very connection is closed by itself, after its reply: the host must not end an object that
// is at work.
std::size_t kill(LocalCall& call, const KillFilter& filter) {
  const bool is_me = (!filter.id || *filter.id == call.client.id) &&
                     (!filter.address || *filter.address == call.client.address);
  if (!is_me) return call.port.kill_clients(filter.id, filter.address);
  if (filter.skip_me) return 0;
  call.client.closing = true;
  return 1;
}

std::string only_lines_with_ids(const std::string& list, const std::vector<std::string>& ids) {
  std::string kept;
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find('\n', begin), list.size() - 1) + 1;
    const std::string_view line = std::string_view(list).substr(begin, end - begin);
    const bool wanted = std::ranges::any_of(
        ids, [line](const std::string& id) { return line.starts_with("id=" + id + " "); });
    if (wanted) kept += line;
    begin = end;
  }
  return kept;
}

}  // namespace

Reply do_client_accept(LocalCall&) {
  return Reply::ok();
}

Reply do_client_id(LocalCall& call) {
  return Reply::integer(static_cast<std::int64_t>(call.client.id));
}

Reply do_client_getname(LocalCall& call) {
  return call.client.name.empty() ? Reply::null() : Reply::bulk(call.client.name);
}

Reply do_client_setname(LocalCall& call) {
  if (!is_plain_name(call.args[2])) {
    return Reply::error("ERR Client names cannot contain spaces, newlines or special characters.");
  }
  call.client.name = call.args[2];
  return Reply::ok();
}

Reply do_client_setinfo(LocalCall& call) {
  const std::string_view option = call.args[2], value = call.args[3];
  const bool is_name = same_word(option, "lib-name");
  if (!is_name && !same_word(option, "lib-ver")) {
    return Reply::error("ERR Unrecognized option " + quoted(option));
  }
  if (!is_plain_name(value)) {
    return Reply::error("ERR " + lower(option) +
                        " cannot contain spaces, newlines or special characters.");
  }
  (is_name ? call.client.lib_name : call.client.lib_version) = value;
  return Reply::ok();
}

Reply do_client_info(LocalCall& call) {
  return Reply::verbatim(describe(call.client, call.load, call.now) + "\n");
}

// CLIENT LIST [TYPE type] [ID id …]
Reply do_client_list(LocalCall& call) {
  const kv::Args args = call.args;
  if (args.size() == 2) return Reply::verbatim(call.port.client_list());
  if (args.size() == 4 && same_word(args[2], "type")) {
    if (same_word(args[3], "normal")) return Reply::verbatim(call.port.client_list());
    const auto is_type = [&](const char* type) { return same_word(args[3], type); };
    const bool known =
        is_type("master") || is_type("replica") || is_type("slave") || is_type("pubsub");
    if (known) return Reply::verbatim("");
    return Reply::error("ERR Unknown client type " + quoted(args[3]));
  }
  if (args.size() < 4 || !same_word(args[2], "id")) return syntax_error();
  std::vector<std::string> ids;
  for (const std::string_view id : args.subspan(3)) {
    if (!parse_client_id(id)) return Reply::error("ERR Invalid client ID");
    ids.emplace_back(id);
  }
  return Reply::verbatim(only_lines_with_ids(call.port.client_list(), ids));
}

// CLIENT KILL addr, or CLIENT KILL [ID id] [ADDR addr] [SKIPME yes|no]
Reply do_client_kill(LocalCall& call) {
  KillFilter filter;
  if (call.args.size() == 3) {
    filter.address = std::string(call.args[2]);
    filter.skip_me = false;
    return kill(call, filter) > 0 ? Reply::ok() : Reply::error("ERR No such client");
  }
  if (auto error = parse_kill_filter(call.args.subspan(2), filter)) return std::move(*error);
  return Reply::integer(static_cast<std::int64_t>(kill(call, filter)));
}

// CLIENT MAINT_NOTIFICATIONS ON|OFF [MOVING-ENDPOINT-TYPE type]. A node has one address, whatever
// the type.
Reply do_client_maint_notifications(LocalCall& call) {
  const kv::Args args = call.args;
  const bool on = same_word(args[2], "on");
  if (!on && !same_word(args[2], "off")) return syntax_error();
  std::string_view type;
  if (args.size() == 5 && same_word(args[3], "moving-endpoint-type")) {
    type = args[4];
  } else if (args.size() != 3) {
    return syntax_error();
  }
  if (on && call.client.protocol != resp::Protocol::kResp3) {
    return Reply::error("ERR maintenance notifications need RESP3; say HELLO 3 first");
  }
  call.client.wants_moves = on;
  call.client.wants_no_address = same_word(type, "none");
  return Reply::ok();
}

Reply do_client_on_off(LocalCall& call) {
  const bool known = same_word(call.args[2], "on") || same_word(call.args[2], "off");
  return known ? Reply::ok() : syntax_error();
}

// Whether this reply is written is decided from the flags after it ran.
Reply do_client_reply(LocalCall& call) {
  ClientState& client = call.client;
  if (same_word(call.args[2], "on")) {
    client.replies_off = client.skips_this_reply = client.skips_next_reply = false;
  } else if (same_word(call.args[2], "off")) {
    client.replies_off = true;
  } else if (same_word(call.args[2], "skip")) {
    if (!client.replies_off) client.skips_next_reply = true;
  } else {
    return syntax_error();
  }
  return Reply::ok();
}

Reply do_client_tracking(LocalCall& call) {
  if (call.args.size() == 3 && same_word(call.args[2], "off")) return Reply::ok();
  if (same_word(call.args[2], "on")) return Reply::error("ERR client tracking is not supported");
  return syntax_error();
}

// Tracking is off, so there is nobody to whom its messages would go.
Reply do_client_getredir(LocalCall&) {
  return Reply::integer(-1);
}

Reply do_client_trackinginfo(LocalCall&) {
  return Reply::map({Reply::bulk("flags"), Reply::set({Reply::bulk("off")}),
                     Reply::bulk("redirect"), Reply::integer(-1), Reply::bulk("prefixes"),
                     Reply::array({})});
}

// No command blocks, so there is nobody to free.
Reply do_client_unblock(LocalCall& call) {
  return parse_client_id(call.args[2])
             ? Reply::integer(0)
             : Reply::error("ERR value is not an integer or out of range");
}

}  // namespace holdfast::frontend
