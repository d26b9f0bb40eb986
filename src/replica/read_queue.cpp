#include "replica/read_queue.hpp"

#include <algorithm>

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
  if (unasked_.empty() || groups_.size() >= kQuestionsMax) return 0;
  groups_.push_back({.token = ++last_token_,
                     .asked = now,
                     .index = {},
                     .granted = {},
                     .reads = std::exchange(unasked_, {})});
  return last_token_;
}

void ReadQueue::granted(Instant now, const raft::ReadGranted& grant) {
  const auto group = std::ranges::find(groups_, grant.token, &Group::token);
  if (group == groups_.end()) return;
  group->index = grant.index;
  group->granted = now;
  if (now - group->asked < config_.resend_interval) resend_after_ = config_.resend_interval;
}

void ReadQueue::refused(std::uint64_t token) {
  const auto group = std::ranges::find(groups_, token, &Group::token);
  if (group == groups_.end()) return;
  std::ranges::move(group->reads, std::back_inserter(unasked_));
  groups_.erase(group);
}

void ReadQueue::answer(const kv::StateMachine& state) {
  for (Read& read : std::exchange(content_, {})) answer(read, state, {}, {});
  for (Group& group : groups_) {
    const bool is_applied = group.index <= state.applied_index();
    if (!group.index || (!is_applied && !planted(Bug::kReadBeforeApplied))) continue;
    fresh_at_ = std::max(fresh_at_.value_or(group.asked), group.asked);
    for (Read& read : group.reads) answer(read, state, group.asked, group.granted);
    group.reads.clear();
  }
  std::erase_if(groups_, [](const Group& group) { return group.reads.empty(); });
}

void ReadQueue::answer(Read& read, const kv::StateMachine& state, Instant asked, Instant granted) {
  Reader reader(read.command);
  kv::get_command(reader, args_);
  CHECK(reader.finished());
  bytes_ -= cost(read);
  completions_.push_back({read.key,
                          state.read(args_),
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
  std::erase_if(groups_, [](const Group& group) { return group.reads.empty(); });
}

void ReadQueue::tick(Instant now) {
  bool silence = false;
  for (Group& group : groups_) {
    if (group.index || now - group.asked < resend_after_) continue;
    std::ranges::move(std::exchange(group.reads, {}), std::back_inserter(unasked_));
    silence = true;
  }
  if (silence) {
    resend_after_ = std::min(resend_after_ * 2, config_.resend_interval * kResendGrowthMax);
  }
  std::erase_if(groups_, [](const Group& group) { return group.reads.empty(); });
  const auto expire = [&](const Read& read) {
    if (read.deadline > now) return false;
    completions_.push_back(
        {read.key,
         kv::Reply::error("CLUSTERDOWN no majority confirmed the read in time; try again")});
    return true;
  };
  for (Group& group : groups_) drop_if(group.reads, expire);
  drop_if(unasked_, expire);
}

void ReadQueue::forget_client(std::uint64_t client) {
  const auto gone = [&](const Read& read) { return read.key.client == client; };
  for (Group& group : groups_) drop_if(group.reads, gone);
  drop_if(unasked_, gone);
  drop_if(content_, gone);
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
  for (const Group& group : groups_) {
    if (!group.index) next = std::min(next, group.asked + resend_after_);
    if (!group.reads.empty()) next = std::min(next, group.reads.front().deadline);
  }
  return next;
}

}  // namespace holdfast::replica
