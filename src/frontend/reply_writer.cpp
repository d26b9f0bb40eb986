#include "frontend/reply_writer.hpp"

#include "base/overload.hpp"

namespace holdfast::frontend {

namespace {

using kv::Reply;

void write(const Reply& reply, resp::ReplyWriter& writer) {
  std::visit(Overload{
                 [&](const Reply::Null&) { writer.null(); },
                 [&](const Reply::NullArray&) { writer.null_array(); },
                 [&](const Reply::Status& status) { writer.status(status.text); },
                 [&](const Reply::Error& error) { writer.error(error.text); },
                 [&](std::int64_t number) { writer.integer(number); },
                 [&](const Reply::Bulk& bulk) { writer.bulk(bulk.bytes.view()); },
                 [&](const Reply::Verbatim& verbatim) { writer.verbatim(verbatim.text); },
                 [&](const Reply::Array& items) {
                   writer.array(items.size());
                   for (const Reply& item : items) write(item, writer);
                 },
                 [&](const Reply::Map& map) {
                   writer.map(map.items.size() / 2);
                   for (const Reply& item : map.items) write(item, writer);
                 },
                 [&](const Reply::Set& set) {
                   writer.set(set.items.size());
                   for (const Reply& item : set.items) write(item, writer);
                 },
             },
             reply.value);
}

std::size_t items_bytes(const std::vector<Reply>& items) {
  std::size_t bytes = 0;
  for (const Reply& item : items) bytes += reply_bytes(item);
  return bytes;
}

}  // namespace

void write_reply(const Reply& reply, resp::Protocol protocol, std::string& out) {
  resp::ReplyWriter writer(out, protocol);
  write(reply, writer);
}

std::size_t reply_bytes(const Reply& reply) {
  const std::size_t payload =
      std::visit(Overload{
                     [](const Reply::Null&) { return std::size_t{0}; },
                     [](const Reply::NullArray&) { return std::size_t{0}; },
                     [](const Reply::Status& status) { return status.text.size(); },
                     [](const Reply::Error& error) { return error.text.size(); },
                     [](std::int64_t) { return std::size_t{0}; },
                     [](const Reply::Bulk& bulk) { return bulk.bytes.own_bytes(); },
                     [](const Reply::Verbatim& verbatim) { return verbatim.text.size(); },
                     [](const Reply::Array& items) { return items_bytes(items); },
                     [](const Reply::Map& map) { return items_bytes(map.items); },
                     [](const Reply::Set& set) { return items_bytes(set.items); },
                 },
                 reply.value);
  return payload + sizeof(Reply);
}

}  // namespace holdfast::frontend
