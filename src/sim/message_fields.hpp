#pragma once

#include <boost/container/static_vector.hpp>
#include <cstdint>
#include <string_view>

#include "wire/messages.hpp"

namespace holdfast::sim {

// A message's content in numbers, for people and pages. Yes is 1, no is 0.
struct Field {
  std::string_view name;
  std::uint64_t value = 0;
};
inline constexpr std::size_t kFieldsMax = 6;
using Fields = boost::container::static_vector<Field, kFieldsMax>;

// Messages with the same name_of() have the same fields in the same order.
Fields fields_of(const wire::PeerMessage& message);

}  // namespace holdfast::sim
