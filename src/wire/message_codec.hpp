#pragma once

#include <expected>
#include <string_view>
#include <vector>

#include "base/codec.hpp"
#include "wire/frame.hpp"

namespace holdfast::wire {

// The fields of a message and, beside them, its payloads. One payload alone keeps their string.
void put_fields(const PeerMessage& message, Writer& out, std::vector<Payload>& payloads);
std::expected<PeerMessage, FrameError> get_message(std::string_view fields, std::string payloads);

}  // namespace holdfast::wire
