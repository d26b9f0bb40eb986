#include "sim/recorder.hpp"

#include <algorithm>
#include <array>

namespace holdfast::sim {

namespace {

using lincheck::Kind;
using lincheck::Operation;

std::int64_t nanoseconds(Instant instant) {
  return std::chrono::nanoseconds(instant.time_since_epoch()).count();
}

lincheck::Found found_in(const resp::Value& value) {
  const auto* bulk = std::get_if<resp::Value::Bulk>(&value.value);
  return bulk == nullptr ? std::nullopt : lincheck::Found(bulk->bytes);
}

// Nothing: this is no answer to such an operation.
std::optional<lincheck::Output> output_of(Kind kind, const resp::Value& reply) {
  switch (kind) {
    case Kind::kPut:
    case Kind::kMset:
      if (!std::holds_alternative<resp::Value::Status>(reply.value)) return std::nullopt;
      return lincheck::Output();
    case Kind::kAppend:
    case Kind::kIncr:
    case Kind::kDel:
    case Kind::kPersist: {
      const auto* number = std::get_if<std::int64_t>(&reply.value);
      return number == nullptr ? std::nullopt : std::optional(lincheck::Output(*number));
    }
    case Kind::kGet:
      if (reply.is_error()) return std::nullopt;
      return lincheck::Output(std::vector{found_in(reply)});
    case Kind::kMget: {
      const auto* array = std::get_if<resp::Value::Array>(&reply.value);
      if (array == nullptr) return std::nullopt;
      std::vector<lincheck::Found> values;
      for (const resp::Value& item : array->items) values.push_back(found_in(item));
      return lincheck::Output(std::move(values));
    }
  }
  return std::nullopt;
}

bool has_prefix(const std::string& error, std::string_view prefix) {
  return error.starts_with(prefix) && error.size() > prefix.size() && error[prefix.size()] == ' ';
}

}  // namespace

Recorder::OperationId Recorder::began(Operation operation) {
  operation.call_ns = nanoseconds(cluster_.now());
  if (operation.expires_ns) {
    const bool outlives_the_run = *operation.expires_ns >= nanoseconds(Instant(kLongLife));
    *operation.expires_ns = operation.call_ns + (outlives_the_run ? *operation.expires_ns : 0);
  }
  records_.push_back({.operation = std::move(operation),
                      .state = State::kOpen,
                      .node = {},
                      .called = cluster_.now()});
  return records_.size() - 1;
}

void Recorder::answered(OperationId id, const resp::Value& reply) {
  Record& record = records_[id];
  auto output = output_of(record.operation.kind, reply);
  if (!output) {
    const std::string* error = error_text(reply);
    throw Monitor::Violation("an answer of the wrong kind to " + describe(record.operation) + ": " +
                             (error == nullptr ? "no error" : *error));
  }
  record.operation.output = std::move(*output);
  record.operation.return_ns = nanoseconds(cluster_.now());
  record.state = State::kAnswered;
  ++acknowledged_;
  see(record, "answered");
}

void Recorder::lost(OperationId id) {
  records_[id].state = State::kLost;
  ++unknown_;
  see(records_[id], {});
}

void Recorder::refused(OperationId id, const std::string& why) {
  records_[id].state = State::kRefused;
  ++refused_;
  see(records_[id], why);
}

void Recorder::see(const Record& record, const std::string& outcome) const {
  if (cluster_.observer() == nullptr) return;
  SeenOperation seen;
  seen.client = record.operation.client;
  seen.node = record.node;
  seen.command = describe(record.operation);
  seen.outcome = outcome;
  seen.called = record.called;
  const bool returned = record.state != State::kLost && record.state != State::kOpen;
  if (returned) seen.returned = cluster_.now();
  cluster_.observer()->operation(seen);
}

void Recorder::show_open() const {
  for (const Record& record : records_) {
    if (record.state == State::kOpen) see(record, "under way");
  }
}

lincheck::History Recorder::history() const {
  lincheck::History history;
  for (const Record& record : records_) {
    if (record.state != State::kRefused) history.push_back(record.operation);
  }
  return history;
}

std::map<std::string, Recorder::Appends> Recorder::appends() const {
  std::map<std::string, Appends> appends;
  for (const Record& record : records_) {
    if (record.operation.kind != Kind::kAppend) continue;
    Appends& of_key = appends[record.operation.keys[0]];
    auto& list = record.state == State::kAnswered  ? of_key.acknowledged
                 : record.state == State::kRefused ? of_key.refused
                                                   : of_key.unknown;
    list.push_back(record.operation.values[0]);
  }
  return appends;
}

std::vector<std::string> command_of(const Operation& operation) {
  switch (operation.kind) {
    case Kind::kPut: {
      std::vector<std::string> args{"SET", operation.keys[0], operation.values[0]};
      if (operation.expires_ns) {
        args.insert(args.end(), {"PX", std::to_string(*operation.expires_ns / 1'000'000)});
      }
      return args;
    }
    case Kind::kPersist:
      return {"PERSIST", operation.keys[0]};
    case Kind::kAppend:
      return {"APPEND", operation.keys[0], operation.values[0]};
    case Kind::kGet:
      return {"GET", operation.keys[0]};
    case Kind::kIncr:
      return {"INCRBY", operation.keys[0], std::to_string(operation.delta)};
    case Kind::kDel:
    case Kind::kMget: {
      std::vector<std::string> args{operation.kind == Kind::kDel ? "DEL" : "MGET"};
      args.insert(args.end(), operation.keys.begin(), operation.keys.end());
      return args;
    }
    case Kind::kMset: {
      std::vector<std::string> args{"MSET"};
      for (std::size_t i = 0; i < operation.keys.size(); ++i) {
        args.push_back(operation.keys[i]);
        args.push_back(operation.values[i]);
      }
      return args;
    }
  }
  return {};
}

bool is_read(const Operation& operation) {
  return operation.kind == Kind::kGet || operation.kind == Kind::kMget;
}

const std::string* error_text(const resp::Value& reply) {
  const auto* error = std::get_if<resp::Value::Error>(&reply.value);
  return error == nullptr ? nullptr : &error->text;
}

bool is_passing_error(const std::string& error) {
  constexpr std::array<std::string_view, 5> kPrefixes{"CLUSTERDOWN", "TRYAGAIN", "LOADING",
                                                      "MASTERDOWN", "MISCONF"};
  return std::ranges::any_of(kPrefixes, [&](auto prefix) { return has_prefix(error, prefix); });
}

bool is_unknown_error(const std::string& error) {
  return has_prefix(error, "UNKNOWN");
}

}  // namespace holdfast::sim
