#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lincheck/history.hpp"

namespace holdfast::lincheck {

// `returned(get(1, "k", 10), 20, "v")`: operations with their outcomes, to be read as tables.
inline Operation returned(Operation operation, std::int64_t return_ns) {
  operation.return_ns = return_ns;
  return operation;
}
inline Operation returned(Operation operation, std::int64_t return_ns, const char* found) {
  operation.output = std::vector<Found>{found};
  return returned(std::move(operation), return_ns);
}
inline Operation returned(Operation operation, std::int64_t return_ns, std::nullopt_t) {
  operation.output = std::vector<Found>{std::nullopt};
  return returned(std::move(operation), return_ns);
}
inline Operation returned(Operation operation, std::int64_t return_ns, std::int64_t number) {
  operation.output = number;
  return returned(std::move(operation), return_ns);
}
inline Operation returned(Operation operation, std::int64_t return_ns, std::vector<Found> found) {
  operation.output = std::move(found);
  return returned(std::move(operation), return_ns);
}

}  // namespace holdfast::lincheck
