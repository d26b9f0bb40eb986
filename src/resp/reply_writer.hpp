#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::resp {

enum class Protocol : std::uint8_t { kResp2 = 2, kResp3 = 3 };

// Appends replies to a string. What RESP2 has no word for becomes its nearest: a map a flat array,
// a push or a set an array, verbatim text and a double a bulk string, a boolean 0 or 1.
class ReplyWriter {
 public:
  ReplyWriter(std::string& out, Protocol protocol) : out_(out), protocol_(protocol) {}

  // One line each: a line end inside the text becomes a space, so that no text that quotes a
  // client's bytes can forge a reply.
  void status(std::string_view text);
  void error(std::string_view text);

  void integer(std::int64_t value);
  void bulk(std::string_view bytes);
  void null();
  void null_array();  // "-1" instead of a list, in RESP2
  void boolean(bool value);
  void number(double value);
  void verbatim(std::string_view text);

  // Each is followed by its elements: `size` of them, or `size` pairs for a map.
  void array(std::size_t size);
  void map(std::size_t size);
  void push(std::size_t size);
  void set(std::size_t size);

 private:
  bool resp3() const { return protocol_ == Protocol::kResp3; }
  void line(char type, std::string_view text);
  void header(char type, std::size_t size);

  std::string& out_;
  Protocol protocol_;
};

// How clients write requests: an array of bulk strings.
template <class Range>
void write_request(const Range& args, std::string& out) {
  ReplyWriter writer(out, Protocol::kResp2);
  writer.array(std::size(args));
  for (const auto& arg : args) writer.bulk(arg);
}

}  // namespace holdfast::resp
