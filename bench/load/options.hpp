#pragma once

#include <cstdint>
#include <string>

#include "base/address.hpp"

namespace holdfast::bench {

struct Options {
  Address address;
  bool is_etcd = false;
  std::uint64_t clients = 50;
  std::uint64_t pipeline = 1;  // of a client: operations at most whose answers are awaited
  double rate = 0;             // of all clients together; zero: as fast as answers come
  double seconds = 5;
  std::uint64_t keys = 100'000;
  std::size_t value_bytes = 100;
  unsigned read_percent = 0;
  bool fill = false;  // writes every key once, in order, and ends
  std::uint64_t seed = 1;
};

}  // namespace holdfast::bench
