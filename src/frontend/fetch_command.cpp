#include <charconv>

#include "frontend/handlers.hpp"
#include "resp/number.hpp"

namespace holdfast::frontend {

namespace {

// A turn of the node copies it, and replies that are not taken yet hold it.
constexpr std::int64_t kFetchBytesMax = 1 << 20;

// Its number is drawn from all 64 bits.
std::optional<std::uint64_t> parse_snapshot_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number == 0) return std::nullopt;
  return number;
}

}  // namespace

// RAFT FETCH offset size [number]
std::optional<kv::Reply> submit_raft_fetch(LocalCall& call, std::uint64_t request) {
  if (call.args.size() > 5) return syntax_error();
  const auto offset = resp::parse_integer(call.args[2]);
  const auto size = resp::parse_integer(call.args[3]);
  if (!offset || !size || *offset < 0 || *size < 0 || *size > kFetchBytesMax) {
    return kv::Reply::error("ERR offset and size are numbers from 0 on, the size at most " +
                            std::to_string(kFetchBytesMax));
  }
  replica::FetchRequest wanted{.offset = static_cast<std::uint64_t>(*offset),
                               .size = static_cast<std::size_t>(*size)};
  if (call.args.size() == 5) {
    const auto number = parse_snapshot_number(call.args[4]);
    if (!number) return kv::Reply::error("ERR the last argument is no snapshot's number");
    wanted.number = *number;
  }
  call.port.submit_fetch(call.client.id, request, wanted);
  return std::nullopt;
}

}  // namespace holdfast::frontend
