#include "cli/node_status.hpp"

#include "client/connection.hpp"

namespace holdfast::cli {

namespace {

using client::Connection;
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

}  // namespace

std::uint64_t NodeStatus::number(const std::string& name) const {
  const auto found = fields.find(name);
  if (found == fields.end()) return 0;
  const auto* number = std::get_if<std::int64_t>(&found->second.value);
  return number == nullptr ? 0 : static_cast<std::uint64_t>(*number);
}

std::string NodeStatus::text(const std::string& name) const {
  const auto found = fields.find(name);
  if (found == fields.end()) return {};
  const auto* text = std::get_if<Value::Bulk>(&found->second.value);
  return text == nullptr ? std::string() : text->bytes;
}

std::expected<NodeStatus, std::string> ask_status(const Address& address,
                                                  const std::string& password,
                                                  std::chrono::milliseconds timeout) {
  auto connection = Connection::connect(address, client::Clock::now() + timeout);
  if (!connection) return std::unexpected(connection.error());
  if (!password.empty()) {
    if (const auto done = call(*connection, {"AUTH", password}, timeout); !done) {
      return std::unexpected(done.error());
    }
  }
  auto reply = call(*connection, {"RAFT", "STATUS"}, timeout);
  if (!reply) return std::unexpected(reply.error());
  auto* items = std::get_if<Value::Array>(&reply->value);
  if (items == nullptr) return std::unexpected("it answers RAFT STATUS with no list");
  NodeStatus status;
  for (std::size_t i = 0; i + 1 < items->items.size(); i += 2) {
    const auto* name = std::get_if<Value::Bulk>(&items->items[i].value);
    if (name != nullptr) status.fields[name->bytes] = std::move(items->items[i + 1]);
  }
  return status;
}

}  // namespace holdfast::cli
