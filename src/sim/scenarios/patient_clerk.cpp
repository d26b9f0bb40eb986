#include "sim/scenarios/patient_clerk.hpp"

#include <utility>

#include "sim/scenario.hpp"

namespace holdfast::sim {

namespace {

using client::ClerkCore;

constexpr std::uint64_t kThen = std::uint64_t{18} << 56;  // of Events::at's `what`

// An operation that began in the instant in which another ended would count as concurrent with it.
constexpr Duration kMoment = std::chrono::microseconds(1);
constexpr Duration kPatience = std::chrono::hours(1);

client::ClerkOptions options_for(std::uint64_t seed) {
  client::ClerkOptions options;
  options.deadline = kPatience;
  options.seed = seed;
  return options;
}

std::string value_in(const resp::Value& reply) {
  const auto* bulk = std::get_if<resp::Value::Bulk>(&reply.value);
  return bulk == nullptr ? std::string() : bulk->bytes;
}

}  // namespace

PatientClerk::PatientClerk(Cluster& cluster, Recorder& recorder, std::uint64_t number,
                           std::uint64_t seed)
    : cluster_(cluster),
      recorder_(recorder),
      number_(number),
      driver_(cluster, number, options_for(seed)) {}

void PatientClerk::put(std::string key, std::string value, Then then) {
  record(lincheck::put(number_, std::move(key), std::move(value), 0), std::move(then));
}

void PatientClerk::append(std::string key, std::string value, Then then) {
  record(lincheck::append(number_, std::move(key), std::move(value), 0), std::move(then));
}

void PatientClerk::get(std::string key, Then then) {
  record(lincheck::get(number_, std::move(key), 0), std::move(then));
}

void PatientClerk::ask(std::vector<std::string> command, Then then) {
  start(
      ClerkCore::Kind::kRead, std::move(command), [](const resp::Value&) {}, std::move(then));
}

void PatientClerk::record(lincheck::Operation operation, Then then) {
  const auto kind = is_read(operation) ? ClerkCore::Kind::kRead : ClerkCore::Kind::kWrite;
  auto command = command_of(operation);
  const auto id = recorder_.began(std::move(operation));
  const auto answered = [this, id](const resp::Value& reply) {
    recorder_.asked(id, driver_.node());
    recorder_.answered(id, reply);
  };
  start(kind, std::move(command), answered, std::move(then));
}

void PatientClerk::start(ClerkCore::Kind kind, std::vector<std::string> command,
                         std::function<void(const resp::Value&)> answered, Then then) {
  is_idle_ = false;
  driver_.start(kind, std::move(command),
                [this, answered = std::move(answered),
                 then = std::move(then)](const client::ClerkResult& result) {
                  if (!result) throw ScenarioFailure("a Clerk gave up: " + result.error().text);
                  answered(*result);
                  cluster_.events().after(
                      kMoment, kThen | number_,
                      [this, alive = alive_, then, value = value_in(*result)]() mutable {
                        if (!*alive) return;
                        is_idle_ = true;
                        if (then) then(std::move(value));
                      });
                });
}

}  // namespace holdfast::sim
