#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "kv/handlers.hpp"

// What several commands answer, in the words of Redis 7.

namespace holdfast::kv {

// A reply is built in memory; naming one big key a million times must not exhaust it.
inline constexpr std::size_t kReplyBytesMax = 512 << 20;

inline Reply syntax_error() {
  return Reply::error("ERR syntax error");
}
inline Reply not_an_integer() {
  return Reply::error("ERR value is not an integer or out of range");
}
inline Reply no_such_key() {
  return Reply::error("ERR no such key");
}
inline Reply too_long(const Execution& at) {
  return Reply::error("ERR string exceeds maximum allowed size (" +
                      std::to_string(at.value_bytes_max) + " bytes)");
}
inline Reply reply_too_long() {
  return Reply::error("ERR reply exceeds maximum allowed size (" + std::to_string(kReplyBytesMax) +
                      " bytes)");
}

inline Reply size_reply(std::size_t n) {
  return Reply::integer(static_cast<std::int64_t>(n));
}
inline Reply flag_reply(bool value) {
  return Reply::integer(value ? 1 : 0);
}
inline Reply value_or_null(const Entry* entry) {
  return entry == nullptr ? Reply::null() : Reply::bulk(entry->value());
}
inline std::string_view view_or_empty(const Entry* entry) {
  return entry == nullptr ? std::string_view() : entry->view();
}

}  // namespace holdfast::kv
