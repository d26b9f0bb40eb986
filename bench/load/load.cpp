#include "load/load.hpp"

namespace holdfast::bench {

namespace {

// A timer for every line of a fast timetable would take more time than the requests.
constexpr auto kTick = std::chrono::microseconds(50);
constexpr auto kLastAnswers = std::chrono::seconds(10);

// Letters that a compression finds little in.
std::string make_value(Prng& prng, std::size_t bytes) {
  std::string value(bytes, ' ');
  for (char& letter : value) letter = static_cast<char>(' ' + prng.below('~' - ' '));
  return value;
}

Histogram::Time since(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::round<Histogram::Time>(end - begin);
}

}  // namespace

Load::Load(const Options& options) : options_(options), prng_(options.seed) {
  value_ = make_value(prng_, options.value_bytes);
}

std::unique_ptr<Dialogue> Load::make_dialogue() const {
  return options_.is_etcd ? make_etcd_dialogue(value_, options_.address.to_string())
                          : make_resp_dialogue(value_);
}

Outcome Load::run() {
  for (std::uint64_t i = 0; i < options_.clients; ++i) {
    clients_.push_back(std::make_unique<Client>(*this, i));
  }
  begin();
  io_.run();
  outcome_.unanswered = asked_ - heard_;
  return outcome_;
}

void Load::begin() {
  begin_ = Clock::now();
  until_ =
      begin_ + std::chrono::round<Clock::duration>(std::chrono::duration<double>(options_.seconds));
  pace_.emplace(begin_, options_.fill ? 0 : options_.rate, options_.clients);
  if (!options_.fill) wait_for_end();
  if (pace_->is_open()) {
    tick();
  } else {
    for (const auto& client : clients_) client->pump();
  }
}

void Load::tick() {
  if (is_over_) return;
  const Clock::time_point now = Clock::now();
  for (; pace_->due(line_) <= now; ++line_) clients_[line_ % clients_.size()]->pump();
  ticks_.expires_at(std::max(pace_->due(line_), now + kTick));
  ticks_.async_wait([this](const server::ErrorCode&) { tick(); });
}

void Load::wait_for_end() {
  end_.expires_at(until_);
  end_.async_wait([this](const server::ErrorCode&) {
    is_over_ = true;
    outcome_.seconds = options_.seconds;
    outcome_.offered = pace_->is_open() ? pace_->lines_until(until_) : asked_;
    if (pace_->is_open()) count_unsent();
    end_.expires_after(kLastAnswers);
    end_.async_wait([this](const server::ErrorCode& error) {
      if (!error) io_.stop();
    });
    end_if_all_is_answered();
  });
}

void Load::count_unsent() {
  for (std::uint64_t client = 0; client < clients_.size(); ++client) {
    for (std::uint64_t number = clients_[client]->asked();; ++number) {
      const auto due = pace_->due(client, number, until_);
      if (!due || *due == until_) break;
      outcome_.times.add(since(*due, until_));
      ++outcome_.unsent;
    }
  }
}

std::optional<Operation> Load::next(std::uint64_t client, std::uint64_t number,
                                    Clock::time_point now) {
  if (is_over_) return std::nullopt;
  if (options_.fill) {
    if (asked_ == options_.keys) return std::nullopt;
    return Operation{.key = asked_++, .due = now};
  }
  if (now >= until_) return std::nullopt;
  const auto due = pace_->due(client, number, now);
  if (!due) return std::nullopt;
  ++asked_;
  return Operation{.is_read = prng_.below(100) < options_.read_percent,
                   .key = prng_.below(options_.keys),
                   .due = *due};
}

std::vector<Answer>& Load::no_answers() {
  answers_.clear();
  return answers_;
}

void Load::take(const std::vector<Answer>& answers) {
  const Clock::time_point now = Clock::now();
  for (const Answer& answer : answers) {
    outcome_.times.add(since(answer.operation.due, now));
    if (now < until_ || options_.fill) ++outcome_.answered;
    if (answer.is_missing) ++outcome_.misses;
    if (answer.error.empty()) continue;
    if (outcome_.errors++ == 0) outcome_.first_error = answer.error;
  }
  heard_ += answers.size();
  if (options_.fill && heard_ == options_.keys) {
    is_over_ = true;
    outcome_.seconds = std::chrono::duration<double>(now - begin_).count();
    outcome_.offered = asked_;
  }
  end_if_all_is_answered();
}

void Load::end_if_all_is_answered() {
  if (is_over_ && heard_ == asked_) io_.stop();
}

}  // namespace holdfast::bench
