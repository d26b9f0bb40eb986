#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

// HOST:PORT as users write it; an IPv6 host stands in brackets, as in [::1]:7000.
struct Address {
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const Address&) const = default;
  std::string to_string() const;

  // Empty when the text is not HOST:PORT with a port of 0 to 65535.
  static std::optional<Address> parse(std::string_view text);
};

}  // namespace holdfast
