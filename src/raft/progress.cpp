#include "raft/progress.hpp"

#include <algorithm>

namespace holdfast::raft {

namespace {

// What has so few bytes is not late on a slow link, but lost: it does not wait for long.
constexpr std::size_t kSmall = 16 << 10;
// Of a node that may be down: others are asked first until it has answered for a while.
constexpr Duration kAnswerTimeUnknown = std::chrono::seconds(1);
constexpr Duration kPatienceMin = std::chrono::milliseconds(5);
constexpr int kPatienceTimes = 8;

}  // namespace

bool Progress::may_send(const Config& config) const {
  if (probing_) return !probe_under_way_;
  return in_flight_.size() < config.window_messages && bytes_in_flight_ < config.window_bytes;
}

void Progress::sent(Index last, std::size_t bytes, Instant now) {
  if (probing_ ? !probe_under_way_ : in_flight_.empty()) moved_ = now;
  if (probing_) {
    probe_under_way_ = true;
    bytes_in_flight_ = bytes;
    return;
  }
  next_ = last.next();
  in_flight_.push_back({last, bytes});
  bytes_in_flight_ += bytes;
}

bool Progress::accepted(Index match, Instant now) {
  // While probing, an earlier request's answer may prove less than what is asked for now, and that
  // may yet be lost.
  const bool ends_probe = probing_ && match >= next_.prev();
  if (match < match_ || (match == match_ && !ends_probe)) return false;
  match_ = match;
  received_ = std::max(received_, match);
  next_ = std::max(next_, match.next());
  while (!in_flight_.empty() && in_flight_.front().last <= match) {
    bytes_in_flight_ -= in_flight_.front().bytes;
    in_flight_.pop_front();
  }
  if (ends_probe) {
    probing_ = probe_under_way_ = false;
    bytes_in_flight_ = 0;
  }
  moved_ = now;
  resend_after_ = resend_first_;
  return true;
}

bool Progress::refused(Index rejected, Index next) {
  // A late refusal must not take back what was proved since (next_ never falls to match_).
  if (rejected <= match_ || rejected >= next_) return false;
  if (probing_ && rejected != next_.prev()) return false;
  probe_from(std::clamp(next, match_.next(), rejected));
  return true;
}

void Progress::heard(Instant now, Index received) {
  heard_ = now;
  has_answered_ = true;
  if (received > received_) {
    received_ = received;
    moved_ = now;
  }
  const bool waiting = probe_under_way_ || !in_flight_.empty();
  if (!waiting || now - moved_ < resend_after_ + travel_time(bytes_in_flight_)) return;
  moved_ = now;
  const int growth_max = bytes_in_flight_ > kSmall ? 64 : 8;
  resend_after_ = std::min(resend_after_ * 2, resend_first_ * growth_max);
  send_again_from(std::max(match_, std::min(received, next_.prev())).next());
}

void Progress::asked(Round round, Instant now) {
  if (round_asked_ > round_confirmed_) return;
  round_asked_ = round;
  asked_at_ = now;
}

void Progress::confirmed(Round round, Instant now) {
  if (round <= round_confirmed_) return;
  if (round_asked_ > round_confirmed_) answer_time_ = (7 * answer_time_ + (now - asked_at_)) / 8;
  round_confirmed_ = round;
}

Duration Progress::answers_within(Instant now) const {
  const bool is_asked = round_asked_ > round_confirmed_;
  const Duration waited = is_asked ? now - asked_at_ : Duration();
  return std::max(answer_time_, waited < patience() ? waited : kAnswerTimeUnknown);
}

Duration Progress::patience() const {
  return std::max(kPatienceMin, kPatienceTimes * answer_time_);
}

void Progress::link_reset() {
  answer_time_ = kAnswerTimeUnknown;
  received_ = match_;
  resend_after_ = resend_first_;
  if (probe_under_way_ || !in_flight_.empty()) send_again_from(match_.next());
}

// A probe is repeated as it was: what it asks is where the peer's log stands, and a peer that has
// not answered in this term yet may have almost all of it though its match is zero.
void Progress::send_again_from(Index next) {
  probe_from(probing_ ? next_ : next);
}

void Progress::probe_from(Index next) {
  next_ = next;
  probing_ = true;
  probe_under_way_ = false;
  in_flight_.clear();
  bytes_in_flight_ = 0;
}

}  // namespace holdfast::raft
