#include "replica/read_queue.hpp"

#include <algorithm>
#include <span>

#include "base/check.hpp"
#include "base/planted.hpp"

namespace holdfast::replica {

namespace {

// Fewer than the core keeps in mind, so that it forgets only those that were given up.
constexpr std::size_t kQuestionsMax = 512;
// Enough for any way on earth, and a lost answer does not cost a request its whole time.
constexpr int kResendGrowthMax = 4;

}  // namespace

std::optional<kv::Reply> ReadQueue::add(Instant now, RequestKey key, kv::Args args,
                                        Duration max_stale) {
  if (bytes_ >= config_.pending_bytes_max) {
    return kv::Reply::error("TRYAGAIN too many reads are waiting");
  }
  Read read{.key = key, .command = {}, .deadline = now + config_.request_timeout};
  Writer writer(read.command);
  kv::put_command(args, writer);
  bytes_ += cost(read);
  const bool is_content = fresh_at_ && now - *fresh_at_ < max_stale;
  (is_content ? content_ : unasked_).push_back(std::move(read));
  return std::nullopt;
}

std::uint64_t ReadQueue::next_question(Instant now) {
  if (!unasked_.empty() && groups_.size() < kQuestionsMax) {
    groups_.push_back({.token = {}, .asked = {}, .reads = std::exchange(unasked_, {})});
  } else if (!std::exchange(asks_again_, false) || !awaits_answer()) {
    return 0;
  }
  asks_again_ = false;
  Group& last = groups_.back();
  last.token = ++last_token_;
  last.asked = asked_at_ = now;
  return last.token;
}

// Whatever was asked for before this question was asked is covered by its answer.
void ReadQueue::granted(Instant now, const raft::ReadGranted& grant) {
  const auto group = std::ranges::find(groups_, grant.token, &Group::token);
  if (group == groups_.end() || group->index) return;
  for (auto at = groups_.begin(); at <= group; ++at) {
    if (at->index) continue;
    at->index = grant.index;
    at->granted = now;
    at->time_ms = grant.time_ms;
  }
  if (now - group->asked < config_.resend_interval) resend_after_ = config_.resend_interval;
}

void ReadQueue::refused(std::uint64_t token) {
  const auto group = std::ranges::find(groups_, token, &Group::token);
  if (group != groups_.end() && !group->index) asks_again_ = true;
}

// In the order in which they came: of two reads of one pipeline the second must not see less.
void ReadQueue::answer(const kv::StateMachine& state) {
  for (Read& read : std::exchange(content_, {})) answer(read, state, {}, {});
  while (!groups_.empty()) {
    Group& group = groups_.front();
    const bool is_applied = group.index <= state.applied_index();
    if (!group.index || (!is_applied && !planted(Bug::kReadBeforeApplied))) break;
    fresh_at_ = std::max(fresh_at_.value_or(group.asked), group.asked);
    cluster_time_ms_ = group.time_ms;
    answer(group, state);
    groups_.pop_front();
  }
}

void ReadQueue::answer(Group& group, const kv::StateMachine& state) {
  std::vector<std::string_view> keys;
  for (std::size_t i = 0; i < group.reads.size(); ++i) {
    if (i % kv::StateMachine::kPrefetchMax == 0) {
      keys.clear();
      const auto next = std::span(group.reads).subspan(i);
      for (const Read& read : next.first(std::min(next.size(), kv::StateMachine::kPrefetchMax))) {
        Reader reader(read.command);
        kv::get_command(reader, args_);
        if (args_.size() > 1) keys.push_back(args_[1]);
      }
      state.prefetch(keys);
    }
    answer(group.reads[i], state, group.asked, group.granted);
  }
}

void ReadQueue::answer(Read& read, const kv::StateMachine& state, Instant asked, Instant granted) {
  Reader reader(read.command);
  kv::get_command(reader, args_);
  CHECK(reader.finished());
  bytes_ -= cost(read);
  completions_.push_back({read.key,
                          state.read(args_, {.now_ms = cluster_time_ms_, .chance = prng_.next()}),
                          {.asked = read.deadline - config_.request_timeout,
                           .sent = asked,
                           .committed = granted,
                           .command = std::move(read.command)}});
}

void ReadQueue::refuse_above(Index index, const kv::Reply& refusal) {
  for (Group& group : groups_) {
    if (group.index <= index) continue;
    drop_if(group.reads, [&](const Read& read) {
      completions_.push_back({read.key, refusal});
      return true;
    });
  }
  drop_empty_groups();
}

void ReadQueue::tick(Instant now) {
  if (awaits_answer() && now - asked_at_ >= resend_after_) {
    asks_again_ = true;
    asked_at_ = now;
    resend_after_ = std::min(resend_after_ * 2, config_.resend_interval * kResendGrowthMax);
  }
  const auto expire = [&](const Read& read) {
    if (read.deadline > now) return false;
    completions_.push_back(
        {read.key,
         kv::Reply::error("CLUSTERDOWN no majority confirmed the read in time; try again")});
    return true;
  };
  for (Group& group : groups_) drop_if(group.reads, expire);
  drop_if(unasked_, expire);
  drop_empty_groups();
}

void ReadQueue::forget_client(std::uint64_t client) {
  const auto gone = [&](const Read& read) { return read.key.client == client; };
  for (Group& group : groups_) drop_if(group.reads, gone);
  drop_if(unasked_, gone);
  drop_if(content_, gone);
  drop_empty_groups();
}

void ReadQueue::drop_empty_groups() {
  std::erase_if(groups_, [](const Group& group) { return group.reads.empty(); });
}

template <class Condition>
void ReadQueue::drop_if(std::vector<Read>& reads, Condition condition) {
  std::erase_if(reads, [&](const Read& read) {
    const bool drops = condition(read);
    if (drops) bytes_ -= cost(read);
    return drops;
  });
}

std::size_t ReadQueue::size() const {
  std::size_t size = unasked_.size() + content_.size();
  for (const Group& group : groups_) size += group.reads.size();
  return size;
}

Instant ReadQueue::next_deadline() const {
  Instant next = Instant::max();
  for (const Read& read : unasked_) next = std::min(next, read.deadline);
  for (const Group& group : groups_) next = std::min(next, group.reads.front().deadline);
  if (awaits_answer()) next = std::min(next, asked_at_ + resend_after_);
  return next;
}

}  // namespace holdfast::replica
