#include "client/node_status.hpp"

namespace holdfast::client {

namespace {

using resp::Value;

std::expected<Value, std::string> call(Connection& connection, const std::vector<std::string>& args,
                                       std::chrono::milliseconds timeout) {
  auto reply = connection.call(args, timeout);
  if (!reply) return std::unexpected(reply.error());
  if (const auto* error = std::get_if<Value::Error>(&reply->value)) {
    return std::unexpected(error->text);
  }
  return std::move(*reply);
}

// A map, as RESP2 has it: names and values in turn.
NodeStatus status_of(Value::Array& items) {
  NodeStatus status;
  for (std::size_t i = 0; i + 1 < items.items.size(); i += 2) {
    const auto* name = std::get_if<Value::Bulk>(&items.items[i].value);
    if (name != nullptr) status.fields[name->bytes] = std::move(items.items[i + 1]);
  }
  return status;
}

}  // namespace

std::optional<std::uint64_t> NodeStatus::maybe_number(const std::string& name) const {
  const auto found = fields.find(name);
  if (found == fields.end()) return std::nullopt;
  const auto* number = std::get_if<std::int64_t>(&found->second.value);
  return number == nullptr ? std::nullopt : std::optional(static_cast<std::uint64_t>(*number));
}

std::uint64_t NodeStatus::number(const std::string& name) const {
  return maybe_number(name).value_or(0);
}

std::string NodeStatus::text(const std::string& name) const {
  const auto found = fields.find(name);
  if (found == fields.end()) return {};
  const auto* text = std::get_if<Value::Bulk>(&found->second.value);
  return text == nullptr ? std::string() : text->bytes;
}

std::expected<Value, std::string> ask_node(const Address& address, const std::string& password,
                                           const std::vector<std::string>& args,
                                           std::chrono::milliseconds timeout) {
  auto connection = Connection::connect(address, Clock::now() + timeout);
  if (!connection) return std::unexpected(connection.error());
  if (!password.empty()) {
    if (const auto done = call(*connection, {"AUTH", password}, timeout); !done) {
      return std::unexpected(done.error());
    }
  }
  return call(*connection, args, timeout);
}

namespace {

std::expected<NodeStatus, std::string> as_status(std::expected<Value, std::string> reply) {
  if (!reply) return std::unexpected(reply.error());
  auto* items = std::get_if<Value::Array>(&reply->value);
  if (items == nullptr) return std::unexpected("it answers RAFT STATUS with no list");
  return status_of(*items);
}

std::expected<NodeStatus, std::string> ask_for_status(const Address& address,
                                                      const std::string& password,
                                                      const std::vector<std::string>& args,
                                                      std::chrono::milliseconds timeout) {
  return as_status(ask_node(address, password, args, timeout));
}

}  // namespace

std::expected<NodeStatus, std::string> ask_status(const Address& address,
                                                  const std::string& password,
                                                  std::chrono::milliseconds timeout) {
  return ask_for_status(address, password, {"RAFT", "STATUS"}, timeout);
}

std::expected<NodeStatus, std::string> ask_status(Connection& connection,
                                                  std::chrono::milliseconds timeout) {
  return as_status(call(connection, {"RAFT", "STATUS"}, timeout));
}

std::expected<NodeStatus, std::string> ask_status_and_digest(const Address& address,
                                                             const std::string& password) {
  constexpr auto kTimeout = std::chrono::seconds(10);
  return ask_for_status(address, password, {"RAFT", "STATUS", "DIGEST"}, kTimeout);
}

std::expected<std::vector<NodeStatus>, std::string> ask_members(const Address& address,
                                                                const std::string& password) {
  auto reply = ask_node(address, password, {"RAFT", "MEMBERS"});
  if (!reply) return std::unexpected(reply.error());
  auto* rows = std::get_if<Value::Array>(&reply->value);
  if (rows == nullptr) return std::unexpected("it answers RAFT MEMBERS with no list");
  std::vector<NodeStatus> members;
  for (Value& row : rows->items) {
    if (auto* items = std::get_if<Value::Array>(&row.value)) members.push_back(status_of(*items));
  }
  return members;
}

}  // namespace holdfast::client
