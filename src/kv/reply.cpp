#include "kv/reply.hpp"

#include "base/check.hpp"
#include "base/overload.hpp"

namespace holdfast::kv {
namespace {

enum class Tag : std::uint8_t {
  kNull = 0,
  kStatus = 1,
  kError = 2,
  kInteger = 3,
  kBulk = 4,
  kArray = 5,
  kMap = 6,
  kVerbatim = 7,
  kNullArray = 8,
  kSet = 9,
};

void put_tag(Tag tag, Writer& out) {
  out.put(static_cast<std::uint8_t>(tag));
}

void put_text(Tag tag, std::string_view text, Writer& out) {
  CHECK(text.size() <= UINT32_MAX);
  put_tag(tag, out);
  out.put_bytes(text);
}

void encode_nested(const Reply& reply, int depth, Writer& out);

void put_items(Tag tag, const std::vector<Reply>& items, int depth, Writer& out) {
  CHECK(depth < kReplyDepthMax && items.size() <= UINT32_MAX);
  put_tag(tag, out);
  out.put(static_cast<std::uint32_t>(items.size()));
  for (const Reply& item : items) encode_nested(item, depth + 1, out);
}

void encode_nested(const Reply& reply, int depth, Writer& out) {
  std::visit(Overload{
                 [&](const Reply::Null&) { put_tag(Tag::kNull, out); },
                 [&](const Reply::Status& s) { put_text(Tag::kStatus, s.text, out); },
                 [&](const Reply::Error& e) { put_text(Tag::kError, e.text, out); },
                 [&](std::int64_t n) {
                   put_tag(Tag::kInteger, out);
                   out.put_i64(n);
                 },
                 [&](const Reply::Bulk& b) { put_text(Tag::kBulk, b.bytes.view(), out); },
                 [&](const Reply::Array& items) { put_items(Tag::kArray, items, depth, out); },
                 [&](const Reply::Map& map) { put_items(Tag::kMap, map.items, depth, out); },
                 [&](const Reply::Set& set) { put_items(Tag::kSet, set.items, depth, out); },
                 [&](const Reply::NullArray&) { put_tag(Tag::kNullArray, out); },
                 [&](const Reply::Verbatim& v) { put_text(Tag::kVerbatim, v.text, out); },
             },
             reply.value);
}

Reply decode_nested(Reader& in, int depth_left);

// Grows with the input that is really there, not with the count that it announces.
std::vector<Reply> get_items(Reader& in, int depth_left) {
  std::vector<Reply> items;
  const auto count = in.u32();
  if (depth_left <= 0 || count > in.remaining()) in.fail();
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    items.push_back(decode_nested(in, depth_left - 1));
  }
  return items;
}

Reply decode_nested(Reader& in, int depth_left) {
  switch (static_cast<Tag>(in.u8())) {
    case Tag::kNull:
      return Reply::null();
    case Tag::kStatus:
      return Reply::status(std::string(in.bytes()));
    case Tag::kError:
      return Reply::error(std::string(in.bytes()));
    case Tag::kInteger:
      return Reply::integer(in.i64());
    case Tag::kBulk:
      return Reply::bulk(std::string(in.bytes()));
    case Tag::kArray:
      return Reply::array(get_items(in, depth_left));
    case Tag::kMap: {
      auto items = get_items(in, depth_left);
      if (items.size() % 2 != 0) in.fail();
      return Reply::map(std::move(items));
    }
    case Tag::kSet:
      return Reply::set(get_items(in, depth_left));
    case Tag::kVerbatim:
      return Reply::verbatim(std::string(in.bytes()));
    case Tag::kNullArray:
      return Reply::null_array();
  }
  in.fail();
  return Reply::null();
}

}  // namespace

void encode(const Reply& reply, Writer& out) {
  encode_nested(reply, 0, out);
}

Reply decode_reply(Reader& in, int depth_max) {
  return decode_nested(in, depth_max);
}

std::size_t full_bytes(const Reply& reply) {
  const auto of_items = [](const std::vector<Reply>& items) {
    std::size_t bytes = 0;
    for (const Reply& item : items) bytes += full_bytes(item);
    return bytes;
  };
  const std::size_t bytes =
      std::visit(Overload{
                     [](const Reply::Status& status) { return status.text.size(); },
                     [](const Reply::Error& error) { return error.text.size(); },
                     [](const Reply::Bulk& bulk) { return bulk.bytes.size(); },
                     [](const Reply::Verbatim& verbatim) { return verbatim.text.size(); },
                     [&](const Reply::Array& items) { return of_items(items); },
                     [&](const Reply::Map& map) { return of_items(map.items); },
                     [&](const Reply::Set& set) { return of_items(set.items); },
                     [](const auto&) { return std::size_t{0}; },
                 },
                 reply.value);
  return bytes + sizeof(Reply);
}

}  // namespace holdfast::kv
