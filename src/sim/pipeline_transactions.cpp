// What a pipeline does besides the workload's operations: transactions, and keys that expire.

#include <utility>

#include "sim/pipeline_client.hpp"

namespace holdfast::sim {

namespace {

constexpr Duration kShortLifeMax = std::chrono::milliseconds(1500);

}  // namespace

// One command for each key, executed together.
void PipelineClient::make_transaction(Request& request, const lincheck::Operation& operation) {
  const bool reads = operation.kind == lincheck::Kind::kMget;
  request.queued.push_back({"MULTI"});
  for (std::size_t i = 0; i < operation.keys.size(); ++i) {
    const std::string& key = operation.keys[i];
    request.queued.push_back(reads ? Words{"GET", key} : Words{"SET", key, operation.values[i]});
  }
  request.command = {"EXEC"};
}

void PipelineClient::begin_watched_count() {
  watched_ = workload_.counter();
  outstanding_.push_back({.purpose = Purpose::kWatch, .command = {"WATCH", watched_}});
  outstanding_.push_back({.purpose = Purpose::kReadWatched, .command = {"GET", watched_}});
}

// If anybody counts between the reading and this, this must not take effect.
void PipelineClient::send_watched_count(const resp::Value& found) {
  const auto* bulk = std::get_if<resp::Value::Bulk>(&found.value);
  const std::int64_t number = bulk == nullptr ? 0 : std::stoll(bulk->bytes);
  const std::string key = std::exchange(watched_, {});
  Request request{.command = {"EXEC"}};
  request.queued = {{"MULTI"}, {"SET", key, std::to_string(number + 1)}};
  request.id = recorder_.began(lincheck::incr(client_, key, 1, 0));
  recorder_.asked(request.id, node_);
  outstanding_.push_back(std::move(request));
  send_outstanding();
}

void PipelineClient::add_expiring_operation() {
  if (expiring_ != nullptr && dice_.chance(0.8)) {
    outstanding_.push_back({.purpose = Purpose::kGetExpiring,
                            .command = {"GET", expiring_->key},
                            .expiring = expiring_});
    return;
  }
  const Duration life =
      dice_.chance(0.2) ? kLongLife : dice_.between(std::chrono::milliseconds(20), kShortLifeMax);
  const std::string number = std::to_string(++expiring_number_);
  const std::string key = "e" + std::to_string(client_) + "." + number;
  expiring_ = std::make_shared<Expiring>(Expiring{key, number, life});
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(life).count();
  outstanding_.push_back(
      {.purpose = Purpose::kSetExpiring,
       .command = {"SET", expiring_->key, expiring_->value, "PX", std::to_string(ms)},
       .expiring = expiring_});
}

// Of a key of which it is not known whether it was set nothing can be said.
void PipelineClient::check_expiring(Expiring& expiring, const resp::Value& found) {
  if (!expiring.is_set) return;
  const auto* bulk = std::get_if<resp::Value::Bulk>(&found.value);
  if (bulk == nullptr) {
    if (expiring.time_to_live == kLongLife) {
      throw Monitor::Violation("a key was gone before its time: " + expiring.key);
    }
    expiring.is_gone = true;
  } else if (expiring.is_gone || bulk->bytes != expiring.value) {
    throw Monitor::Violation("a key that had expired is there: " + expiring.key);
  }
}

std::optional<std::string> PipelineClient::short_lived_key() const {
  const bool is_there = expiring_ != nullptr && expiring_->time_to_live != kLongLife;
  return is_there ? std::optional(expiring_->key) : std::nullopt;
}

// All of a transaction, or nothing of it since a watched key was changed.
void PipelineClient::take_execution(const Request& request, const resp::Value& reply) {
  using Value = resp::Value;
  if (std::holds_alternative<Value::Null>(reply.value)) {
    return recorder_.refused(request.id, "a watched key was changed");
  }
  const auto* replies = std::get_if<Value::Array>(&reply.value);
  if (replies == nullptr || replies->items.size() + 1 != request.queued.size()) {
    throw Monitor::Violation("not an answer to this transaction");
  }
  const Words& first = request.queued[1];
  const bool counts = first[1].starts_with('c');
  if (first[0] == "GET") return recorder_.answered(request.id, reply);
  recorder_.answered(request.id, counts ? Value{std::stoll(first[2])} : replies->items[0]);
}

}  // namespace holdfast::sim
