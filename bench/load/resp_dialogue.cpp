#include <fmt/format.h>
#include <array>
#include <deque>

#include "load/dialogue.hpp"
#include "resp/reply_parser.hpp"
#include "resp/reply_writer.hpp"

namespace holdfast::bench {

namespace {

class RespDialogue : public Dialogue {
 public:
  explicit RespDialogue(const std::string& value) : value_(value) {}

  void ask(const Operation& operation, std::string& out) override {
    const std::string key = key_name(operation.key);
    if (operation.is_read) {
      resp::write_request(std::array<std::string_view, 2>{"GET", key}, out);
    } else {
      resp::write_request(std::array<std::string_view, 3>{"SET", key, value_}, out);
    }
    asked_.push_back(operation);
  }

  bool hear(std::string_view bytes, std::vector<Answer>& answers, std::string&) override {
    using Event = resp::ReplyParser::Event;
    parser_.feed(bytes);
    Event event = parser_.next();
    for (; event == Event::kReply; event = parser_.next()) {
      if (asked_.empty()) return false;
      const resp::Value reply = parser_.take();
      const auto* error = std::get_if<resp::Value::Error>(&reply.value);
      answers.push_back({.operation = asked_.front(),
                         .is_missing = std::holds_alternative<resp::Value::Null>(reply.value),
                         .error = error == nullptr ? std::string() : error->text});
      asked_.pop_front();
    }
    return event == Event::kNeedMore;
  }

 private:
  const std::string& value_;
  resp::ReplyParser parser_;
  std::deque<Operation> asked_;  // answers come in this order
};

}  // namespace

std::string key_name(std::uint64_t key) {
  return fmt::format("key:{:012}", key);
}

std::unique_ptr<Dialogue> make_resp_dialogue(const std::string& value) {
  return std::make_unique<RespDialogue>(value);
}

}  // namespace holdfast::bench
