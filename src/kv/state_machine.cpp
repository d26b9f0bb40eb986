#include "kv/state_machine.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/checksum.hpp"
#include "base/overload.hpp"
#include "base/planted.hpp"
#include "kv/state.hpp"

namespace holdfast::kv {
namespace {

// Keys that one entry removes for their time has come, lest a million at once hold up what follows.
// If there are more, another entry is asked for.
constexpr std::size_t kExpiredMax = 1000;

}  // namespace

void State::apply(const CommandsSection& section, ApplyListener& listener) {
  const auto found = origins.find(section.origin);
  if (found == origins.end() || found->second.epoch != section.epoch) return;
  Origin& origin = found->second;
  if (section.first_seq > origin.next_seq && planted(Bug::kGapIgnored)) {
    origin.next_seq = section.first_seq;
  }
  if (section.first_seq > origin.next_seq) {
    return listener.gap(section.origin, section.epoch, origin.next_seq);
  }
  const bool is_repeated = section.first_seq + section.count <= origin.next_seq;
  if (is_repeated && !planted(Bug::kResendAppliedTwice)) return;
  Execution at{keyspace, sessions, applied_index, session_time_ms, section.value_bytes_max};
  Reader in(section.commands);
  for (std::uint32_t i = 0; i < section.count; ++i) {
    if (i % Keyspace::kPrefetchMax == 0) prefetch(in, section.count - i);
    get_command(in, args);
    CHECK(in.ok());
    // The section was validated before it was proposed. A command that another node knows and
    // this one doesn't must stop this one: answering "unknown" would let the states part.
    const Command* command = find_handler(args);
    CHECK_MSG(command != nullptr && arity_matches(command->spec, args.size()), args[0]);
    if (section.first_seq + i < origin.next_seq) {
      if (planted(Bug::kResendAppliedTwice)) static_cast<void>(execute(*command, at, args));
      continue;
    }
    const std::uint64_t seq = origin.next_seq++;
    listener.applied(section.origin, section.epoch, seq, execute(*command, at, args));
  }
  CHECK(in.finished());
}

void State::prefetch(Reader commands, std::size_t count) {
  std::array<std::string_view, Keyspace::kPrefetchMax> keys;
  std::size_t known = 0;
  for (count = std::min(count, keys.size()); count > 0; --count) {
    get_command(commands, args);
    // Most have their key there; a wrong guess costs a search.
    if (args.size() > 1) keys[known++] = args[1];
  }
  keyspace.prefetch(std::span(keys).first(known));
}

void State::advance(const BatchTime& time) {
  const std::uint64_t step = std::max(time.cluster_ms, cluster_time_ms) - cluster_time_ms;
  cluster_time_ms += step;
  session_time_ms += step - std::min(step, time.unled_ms);
  sessions.expire(session_time_ms);
  keyspace.advance(cluster_time_ms, kExpiredMax);
}

void State::apply(const OpenSection& section, ApplyListener& listener) {
  Origin& origin = origins[section.origin];
  if (origin.epoch == applied_index) return;
  origin = Origin{.epoch = applied_index};
  listener.opened(section.origin, section.nonce, applied_index);
}

StateMachine::StateMachine(Limits limits) : state_(std::make_unique<State>(limits)) {}
StateMachine::StateMachine(std::unique_ptr<State> state) : state_(std::move(state)) {}
StateMachine::~StateMachine() = default;
StateMachine::StateMachine(StateMachine&&) noexcept = default;
StateMachine& StateMachine::operator=(StateMachine&&) noexcept = default;

void StateMachine::apply(Index index, std::string_view payload, ApplyListener& listener) {
  CHECK(index > state_->applied_index);
  state_->applied_index = index;
  if (payload.empty()) return;
  Reader in(payload);
  const auto time = get_batch_header(in);
  CHECK_MSG(time.has_value(), "malformed batch header");
  state_->advance(*time);
  while (!in.at_end()) {
    const auto section = get_validated_section(in);
    CHECK_MSG(section.has_value(), "malformed batch section");
    std::visit([&](const auto& s) { state_->apply(s, listener); }, *section);
  }
}

Reply StateMachine::read(Args args, const Moment& moment) const {
  CHECK(!args.empty());
  const Command* command = find_handler(args);
  if (command == nullptr) return unknown_command(args);
  if (!arity_matches(command->spec, args.size())) return wrong_arity(command->spec.name);
  return std::visit(
      Overload{
          [&](ReadHandler handler) { return handler(state_->keyspace, args); },
          [&](MomentHandler handler) { return handler(state_->keyspace, moment, args); },
          [&](WriteHandler) -> Reply { check_failed("a write was read", command->spec.name); },
      },
      command->handler);
}

std::optional<StateMachine> StateMachine::take_dropped() {
  auto dropped = state_->keyspace.take_dropped();
  if (dropped.empty()) return std::nullopt;
  StateMachine holder;
  holder.state_->keyspace.keep_dropped(std::move(dropped));
  return holder;
}

void StateMachine::prefetch(std::span<const std::string_view> keys) const {
  state_->keyspace.prefetch(keys);
}

StateMachine::Numbering StateMachine::numbering_of(NodeId origin) const {
  const auto found = state_->origins.find(origin);
  if (found == state_->origins.end()) return {};
  return {.epoch = found->second.epoch, .next_seq = found->second.next_seq};
}

std::optional<std::uint64_t> StateMachine::next_expiry_ms() const {
  return state_->keyspace.next_expiry_ms();
}

Index StateMachine::applied_index() const {
  return state_->applied_index;
}
std::uint64_t StateMachine::cluster_time_ms() const {
  return state_->cluster_time_ms;
}

std::uint64_t StateMachine::digest() {
  std::string bytes;
  Writer out(bytes);
  out.put(state_->applied_index);
  out.put(state_->cluster_time_ms);
  out.put(state_->session_time_ms);
  out.put(state_->keyspace.digest());
  out.put(state_->sessions.digest());
  for (const auto& [id, origin] : state_->origins) {
    out.put(id);
    out.put(origin.epoch);
    out.put(origin.next_seq);
  }
  return checksum(bytes);
}

std::size_t StateMachine::key_count() const {
  return state_->keyspace.size();
}
std::size_t StateMachine::expiring_count() const {
  return state_->keyspace.expiring();
}
std::uint64_t StateMachine::mean_expiry_ms() const {
  return state_->keyspace.mean_expiry_ms();
}
std::uint64_t StateMachine::expired_count() const {
  return state_->keyspace.expired();
}
std::size_t StateMachine::session_count() const {
  return state_->sessions.size();
}
std::size_t StateMachine::session_reply_bytes() const {
  return state_->sessions.reply_bytes();
}

}  // namespace holdfast::kv
