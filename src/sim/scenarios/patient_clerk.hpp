#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/clerk_client.hpp"

namespace holdfast::sim {

// A production Clerk that asks until it is answered, as the course's does; whoever sees it give up
// sees a ScenarioFailure. One operation at a time; each is recorded.
class PatientClerk {
 public:
  // What follows an operation: with the value of a Get, empty for a missing key, and for others.
  using Then = std::function<void(std::string value)>;

  PatientClerk(Cluster& cluster, Recorder& recorder, std::uint64_t number, std::uint64_t seed);
  ~PatientClerk() { *alive_ = false; }
  PatientClerk(const PatientClerk&) = delete;
  PatientClerk& operator=(const PatientClerk&) = delete;

  void put(std::string key, std::string value, Then then = {});
  void append(std::string key, std::string value, Then then = {});
  void get(std::string key, Then then = {});
  // Any command that only reads, off the record.
  void ask(std::vector<std::string> command, Then then);

  bool is_idle() const { return is_idle_; }
  std::uint64_t number() const { return number_; }

 private:
  void record(lincheck::Operation operation, Then then);
  void start(client::ClerkCore::Kind kind, std::vector<std::string> command,
             std::function<void(const resp::Value&)> answered, Then then);

  Cluster& cluster_;
  Recorder& recorder_;
  std::uint64_t number_;
  ClerkDriver driver_;
  bool is_idle_ = true;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace holdfast::sim
