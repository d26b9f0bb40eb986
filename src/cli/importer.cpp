#include "cli/importer.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <iterator>
#include <span>
#include <string_view>
#include <thread>
#include <utility>

#include "resp/reply_writer.hpp"

namespace holdfast::cli {

namespace {

using Event = resp::RequestParser::Event;

constexpr std::size_t kReadBytes = 256 << 10;
constexpr std::size_t kBatchBytes = 64 << 10;
constexpr std::size_t kSentMax = 1000;
constexpr std::size_t kSentBytesMax = 16 << 20;  // one command always goes
constexpr std::uint64_t kReportsMax = 10;
constexpr std::size_t kValueBytesMax = 512 << 20;
// Longer than a server lets a request wait, unless it was told otherwise.
constexpr auto kSilence = std::chrono::minutes(2);

resp::RequestLimits limits() {
  resp::RequestLimits limits;
  limits.argument_bytes_max = kValueBytesMax;
  limits.command_bytes_max = 2 * kValueBytesMax;
  return limits;
}

bool same_word(std::string_view word, std::string_view upper) {
  return std::ranges::equal(word, upper, [](char a, char b) {
    return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
  });
}

// After it replies would be taken for those of other commands.
bool silences_replies(std::span<const std::string_view> args) {
  return args.size() > 1 && same_word(args[0], "CLIENT") && same_word(args[1], "REPLY");
}

}  // namespace

Importer::Outcome Importer::run(int input) {
  parser_.set_limits(limits());
  {
    const std::jthread receiver([this] { receive_all(); });
    read_all(input);
    const std::lock_guard lock(mutex_);
    is_all_sent_ = true;
    changed_.notify_all();
  }
  outcome_.unanswered = sent_.size();
  if (outcome_.unanswered > 0) {
    std::cerr << "holdfast: nobody knows whether the " << sent_.size() << " commands from number "
              << sent_.front().number << " at offset " << sent_.front().offset
              << " on were executed\n";
  }
  return outcome_;
}

void Importer::read_all(int input) {
  std::string buffer(kReadBytes, '\0');
  while (!is_stopped()) {
    const ssize_t size = ::read(input, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return stop(std::string("the input can't be read: ") + std::strerror(errno));
    if (size == 0) return end_of_input();
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
    if (!feed(bytes) || !send_batch()) return;
  }
}

bool Importer::feed(std::string_view bytes) {
  parser_.feed(bytes);
  fed_ += bytes.size();
  return take_commands();
}

bool Importer::take_commands() {
  for (;;) {
    const Event event = parser_.next();
    const Place place = next_;
    if (event == Event::kNeedMore) return true;
    if (event == Event::kError) {
      stop("command " + std::to_string(place.number) + " at offset " +
           std::to_string(place.offset) + " is no command: " + parser_.error());
      return false;
    }
    next_ = {.number = place.number + 1, .offset = fed_ - parser_.unread_bytes()};
    if (event == Event::kTooLarge) {
      report(place, "the command is too large");
    } else {
      add_command(place);
    }
    if (batch_.size() >= kBatchBytes && !send_batch()) return false;
  }
}

// A last line may have no end.
void Importer::end_of_input() {
  if (parser_.is_within_command() && !feed("\r\n")) return;
  if (send_batch() && parser_.is_within_command()) {
    stop("the input ends within command " + std::to_string(next_.number) +
         ", which begins at offset " + std::to_string(next_.offset));
  }
}

void Importer::add_command(const Place& place) {
  const auto args = parser_.args();
  if (silences_replies(args)) return report(place, "CLIENT REPLY can't be imported");
  const std::size_t before = batch_.size();
  resp::write_request(args, batch_);
  batch_places_.push_back({place.number, place.offset, batch_.size() - before});
}

// Waits until the server has answered enough of what was sent before.
bool Importer::send_batch() {
  if (batch_.empty()) return !is_stopped();
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] {
      const bool has_room = sent_.size() + batch_places_.size() <= kSentMax &&
                            sent_bytes_ + batch_.size() <= kSentBytesMax;
      return has_room || sent_.empty() || outcome_.stopped;
    });
    if (outcome_.stopped) return false;
    sent_bytes_ += batch_.size();
    std::ranges::move(batch_places_, std::back_inserter(sent_));
  }
  changed_.notify_all();
  batch_places_.clear();
  const auto sent = connection_.send_bytes(batch_, client::Clock::now() + kSilence);
  batch_.clear();
  if (!sent) stop(sent.error());
  return sent.has_value();
}

void Importer::receive_all() {
  while (const auto place = next_sent()) {
    const auto reply = connection_.receive(client::Clock::now() + kSilence);
    if (!reply) return stop(reply.error());
    check(*place, *reply);
  }
}

// The first command that waits for its reply; nothing when there will be none.
std::optional<Importer::Place> Importer::next_sent() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !sent_.empty() || is_all_sent_ || outcome_.stopped; });
  if (sent_.empty()) return std::nullopt;
  return sent_.front();
}

void Importer::check(const Place& place, const resp::Value& reply) {
  if (const auto* error = std::get_if<resp::Value::Error>(&reply.value)) {
    report(place, error->text);
  }
  {
    const std::lock_guard lock(mutex_);
    ++outcome_.answered;
    sent_bytes_ -= place.bytes;
    sent_.pop_front();
  }
  changed_.notify_all();
}

void Importer::report(const Place& place, const std::string& error) {
  const std::lock_guard lock(mutex_);
  if (++outcome_.errors > kReportsMax) return;
  std::cerr << "holdfast: command " << place.number << " at offset " << place.offset << ": "
            << error << "\n";
  if (outcome_.errors == kReportsMax) std::cerr << "holdfast: more errors are only counted\n";
}

void Importer::stop(const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (!outcome_.stopped) outcome_.stopped = reason;
  }
  changed_.notify_all();
}

bool Importer::is_stopped() {
  const std::lock_guard lock(mutex_);
  return outcome_.stopped.has_value();
}

}  // namespace holdfast::cli
