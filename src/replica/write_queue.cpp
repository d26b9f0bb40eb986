#include "replica/write_queue.hpp"

#include <algorithm>
#include <iterator>

#include "base/check.hpp"
#include "base/planted.hpp"

namespace holdfast::replica {

namespace {

// After each silence the next wait is twice as long: a slow disk is not helped by repetition.
constexpr int kResendGrowthMax = 16;
constexpr std::size_t kSectionHeadBytesMax = 64;

kv::Reply not_executed() {
  return kv::Reply::error("CLUSTERDOWN no leader was found in time; the command was not executed");
}

kv::Reply unknown_outcome() {
  return kv::Reply::error(
      "UNKNOWN the command was sent but not confirmed in time; it may have been executed");
}

}  // namespace

std::optional<kv::Reply> WriteQueue::add(Instant now, RequestKey key, kv::Args args) {
  Write write{.key = key, .command = {}, .deadline = now + config_.request_timeout};
  std::size_t size = 0;
  for (const std::string_view arg : args) size += arg.size();
  if (size > config_.command_bytes_max) {
    return kv::Reply::error("ERR command is longer than the limit of " +
                            std::to_string(config_.command_bytes_max) + " bytes");
  }
  if (bytes_ + size + kRequestOverheadBytes > config_.pending_bytes_max) {
    return kv::Reply::error("TRYAGAIN too many writes are waiting; the command was not executed");
  }
  write.command.reserve(size + 4 * (args.size() + 1));
  Writer writer(write.command);
  kv::put_command(args, writer);
  bytes_ += cost(write);
  waiting_.push_back(std::move(write));
  return std::nullopt;
}

std::string WriteQueue::next_section(Instant now, std::size_t room) {
  std::string section;
  Writer writer(section);
  if (renumbering_) {
    if (waiting_since_) return section;
    section.resize(room);
    waiting_since_ = now;
    has_asked_ = true;
    kv::put_section(kv::OpenSection{.origin = self_, .nonce = nonce_}, writer);
    return section;
  }
  const auto [count, bytes] = next_commands();
  if (count == 0) return section;
  if (!waiting_since_) waiting_since_ = now;
  section.reserve(room + kSectionHeadBytesMax + bytes);
  section.resize(room);
  kv::put_section_head({.origin = self_,
                        .epoch = epoch_,
                        .first_seq = first_seq_ + sent_,
                        .value_bytes_max = config_.value_bytes_max,
                        .count = count,
                        .commands = {}},
                       bytes, writer);
  for (std::uint32_t i = 0; i < count; ++i) section += send_next(now).command;
  return section;
}

WriteQueue::Commands WriteQueue::next_commands() const {
  Commands next;
  std::size_t sent_bytes = sent_bytes_;
  for (std::size_t i = sent_; i < size() && sent_bytes < config_.window_bytes; ++i) {
    const bool is_new = i >= numbered_.size();
    const Write& write = is_new ? waiting_[i - numbered_.size()] : numbered_[i];
    const bool is_full = next.bytes + write.command.size() > config_.section_bytes_max;
    if (is_full && next.count > 0) break;
    ++next.count;
    next.bytes += write.command.size();
    sent_bytes += cost(write);
  }
  return next;
}

const WriteQueue::Write& WriteQueue::send_next(Instant now) {
  if (sent_ == numbered_.size()) {
    numbered_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  Write& write = numbered_[sent_++];
  write.sent = now;
  sent_bytes_ += cost(write);
  return write;
}

void WriteQueue::send_again() {
  sent_ = 0;
  sent_bytes_ = 0;
  waiting_since_.reset();
}

void WriteQueue::tick(Instant now, bool leader_is_self) {
  expire(now);
  if (!waiting_since_ || now - *waiting_since_ < answer_time()) return;
  if (leader_is_self && !renumbering_) {
    // It is in our own log: while we lead nothing is lost, and afterwards all is sent again.
    return waiting_since_.reset();
  }
  resend_after_ = std::min(resend_after_ * 2, config_.resend_interval * kResendGrowthMax);
  send_again();
}

void WriteQueue::expire(Instant now) {
  for (; given_up_ < numbered_.size(); ++given_up_) {
    Write& write = numbered_[given_up_];
    if (write.deadline > now) return;
    finish(write, planted(Bug::kUnknownCalledFailed) ? not_executed() : unknown_outcome());
    write.key.reset();
    if (!renumbering_) waiting_since_.reset();
    renumbering_ = true;
  }
  while (!waiting_.empty() && waiting_.front().deadline <= now) {
    Write& write = waiting_.front();
    finish(write, not_executed());
    if (planted(Bug::kRefusedButKept)) {
      write.key.emplace();
      write.deadline = Instant::max();
      break;
    }
    bytes_ -= cost(write);
    waiting_.pop_front();
  }
}

void WriteQueue::applied(Instant now, Index epoch, std::uint64_t seq, kv::Reply reply,
                         Instant durable) {
  if (epoch != epoch_) return;  // from an earlier life of this node
  CHECK(!numbered_.empty() && seq == first_seq_);
  Write write = take_front();
  finish(write, std::move(reply),
         {.asked = write.deadline - config_.request_timeout,
          .sent = write.sent,
          .durable = durable,
          .committed = now,
          .command = std::move(write.command)});
  resend_after_ = config_.resend_interval;
  waiting_since_ = sent_ > 0 ? std::optional(now) : std::nullopt;
}

WriteQueue::Write WriteQueue::take_front() {
  Write write = std::move(numbered_.front());
  bytes_ -= cost(write);
  numbered_.pop_front();
  ++first_seq_;
  if (given_up_ > 0) --given_up_;
  if (sent_ > 0) {
    --sent_;
    sent_bytes_ -= cost(write);
  }
  return write;
}

void WriteQueue::gap(Index epoch, std::uint64_t expected) {
  // A section was lost, and all behind it will be passed over: one repetition answers them all.
  if (epoch != epoch_ || renumbering_ || expected == gap_seen_at_) return;
  gap_seen_at_ = expected;
  send_again();
}

void WriteQueue::opened(std::uint64_t nonce, Index epoch) {
  if (nonce != nonce_) {
    // An earlier life's request came late and closed our epoch. Open another.
    if (epoch_) waiting_since_.reset();
    renumbering_ = true;
    return;
  }
  // Whatever was numbered and is not applied by now never will be.
  epoch_ = epoch;
  renumbering_ = false;
  first_seq_ = 1;
  for (; given_up_ > 0; --given_up_) {
    bytes_ -= cost(numbered_.front());
    numbered_.pop_front();
  }
  waiting_.insert(waiting_.begin(), std::move_iterator(numbered_.begin()),
                  std::move_iterator(numbered_.end()));
  numbered_.clear();
  sent_ = 0;
  sent_bytes_ = 0;
  gap_seen_at_ = 0;
  waiting_since_.reset();
  resend_after_ = config_.resend_interval;
}

void WriteQueue::skipped(Index epoch, std::uint64_t next_seq) {
  // Of an epoch that was closed in between it is not known how far it came.
  const bool is_closed = epoch != epoch_;
  if (is_closed) renumbering_ = true;
  while (!numbered_.empty() && (is_closed || first_seq_ < next_seq)) {
    finish(take_front(), unknown_outcome());
  }
  send_again();
}

void WriteQueue::forget_client(std::uint64_t client) {
  // Its writes were asked for and go on; only the answers have nowhere to go. A key stays, since
  // without one a write counts as given up.
  for (std::deque<Write>* writes : {&numbered_, &waiting_}) {
    for (Write& write : *writes) {
      if (write.key && write.key->client == client) write.key->client = 0;
    }
  }
}

void WriteQueue::finish(const Write& write, kv::Reply reply, Cost cost) {
  if (!write.key || write.key->client == 0) return;
  completions_.push_back({*write.key, std::move(reply), std::move(cost)});
}

Instant WriteQueue::next_deadline() const {
  Instant next = Instant::max();
  if (given_up_ < numbered_.size()) {
    next = numbered_[given_up_].deadline;
  } else if (!waiting_.empty()) {
    next = waiting_.front().deadline;
  }
  if (waiting_since_) next = std::min(next, *waiting_since_ + answer_time());
  return next;
}

}  // namespace holdfast::replica
