// What clients send, as bytes: cut anywhere it must be read as the same commands, and never need
// more memory than came.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "resp/request_parser.hpp"

namespace {

using holdfast::resp::RequestParser;
using Event = RequestParser::Event;

std::vector<std::string> read_all(std::string_view bytes, std::size_t piece) {
  holdfast::resp::RequestLimits limits;
  limits.arguments_max = 20;
  limits.argument_bytes_max = 100;
  limits.command_bytes_max = 400;
  RequestParser parser(limits);
  std::vector<std::string> seen;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    parser.feed(bytes.substr(at, piece));
    for (Event event = parser.next(); event != Event::kNeedMore; event = parser.next()) {
      std::string text;
      if (event == Event::kError) return seen.push_back(parser.error()), seen;
      if (event == Event::kTooLarge)
        text = "too much: " + std::to_string(static_cast<int>(parser.excess()));
      if (event == Event::kCommand) {
        CHECK(!parser.args().empty());
        for (const std::string_view arg : parser.args()) (text += arg) += '\0';
      }
      seen.push_back(std::move(text));
    }
    CHECK(parser.buffered_bytes() <= bytes.size());
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  CHECK(read_all(bytes, size) == read_all(bytes, 1 + data[0] % 16));
  return 0;
}
