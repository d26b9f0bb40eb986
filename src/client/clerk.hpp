#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "client/clerk_core.hpp"
#include "client/connection.hpp"

namespace holdfast::client {

// A client of a Holdfast cluster. It finds the leader, retries through dead nodes, elections and
// lost answers, and every write takes effect once. Calls block, for options.deadline at most. One
// thread; threads have clerks of their own.
//
//   Clerk clerk({{"127.0.0.1", 7001}, {"127.0.0.1", 7002}, {"127.0.0.1", 7003}});
//   clerk.append("log", "x");
class Clerk {
 public:
  template <class T>
  using Result = std::expected<T, ClerkError>;

  // `endpoints`: where nodes serve clients. Some of the cluster's are enough, at least one.
  explicit Clerk(std::vector<Address> endpoints, ClerkOptions options = {});
  // Closes the session if that is quickly done; else it expires.
  ~Clerk();
  Clerk(const Clerk&) = delete;
  Clerk& operator=(const Clerk&) = delete;

  Result<void> put(const std::string& key, const std::string& value);
  // Nothing if there is no such key. Linearizable.
  Result<std::optional<std::string>> get(const std::string& key);
  // Returns the value's new length in bytes.
  Result<std::int64_t> append(const std::string& key, const std::string& value);

  // Any command of the store. Only what changes nothing may go through read(), as it is repeated
  // without a session.
  Result<resp::Value> write(std::vector<std::string> args);
  Result<resp::Value> read(std::vector<std::string> args);

 private:
  ClerkResult run(ClerkCore::Kind kind, std::vector<std::string> args);
  ClerkCore::Action carry_out(const ClerkCore::Connect& connect);
  ClerkCore::Action carry_out(const ClerkCore::Send& send);
  ClerkCore::Action carry_out(const ClerkCore::Rest& rest);

  ClerkCore core_;
  std::optional<Connection> connection_;
};

}  // namespace holdfast::client
