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
constexpr auto kRetryTime = std::chrono::minutes(1);
constexpr auto kRetryPause = std::chrono::milliseconds(200);

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
    (void)wait_until([this] { return sent_.empty(); });
    const std::lock_guard lock(mutex_);
    is_all_sent_ = true;
    changed_.notify_all();
  }
  report_refused(refused_.take());
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
    const std::uint64_t number = next_number_;
    const std::uint64_t offset = next_offset_;
    if (event == Event::kNeedMore) return true;
    if (event == Event::kError) {
      stop("command " + std::to_string(number) + " at offset " + std::to_string(offset) +
           " is no command: " + parser_.error());
      return false;
    }
    ++next_number_;
    next_offset_ = fed_ - parser_.unread_bytes();
    if (event == Event::kTooLarge) {
      report(number, offset, "the command is too large");
    } else {
      add_command(number, offset);
    }
    if (batch_bytes_ >= kBatchBytes && !send_batch()) return false;
  }
}

// A last line may have no end.
void Importer::end_of_input() {
  if (parser_.is_within_command() && !feed("\r\n")) return;
  if (send_batch() && parser_.is_within_command()) {
    stop("the input ends within command " + std::to_string(next_number_) +
         ", which begins at offset " + std::to_string(next_offset_));
  }
}

void Importer::add_command(std::uint64_t number, std::uint64_t offset) {
  const auto args = parser_.args();
  if (silences_replies(args)) return report(number, offset, "CLIENT REPLY can't be imported");
  batch_bytes_ += batch_.emplace_back(number, offset, args).request.size();
}

// Waits until the server has answered enough of what was sent before.
bool Importer::send_batch() {
  if (batch_.empty()) return !is_stopped();
  const bool is_ready = wait_until([this] {
    const bool has_room =
        sent_.size() + batch_.size() <= kSentMax && sent_bytes_ + batch_bytes_ <= kSentBytesMax;
    return has_room || sent_.empty();
  });
  batch_bytes_ = 0;
  return is_ready && send(std::exchange(batch_, {}));
}

// All that was sent is answered first: so what was refused comes before whatever is new.
template <class Condition>
bool Importer::wait_until(Condition is_ready) {
  for (;;) {
    std::deque<StreamCommand> again;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] {
        return outcome_.stopped || (refused_.empty() ? is_ready() : sent_.empty());
      });
      if (outcome_.stopped) return false;
      if (refused_.empty()) return true;
      for (auto& refused : refused_.take()) again.push_back(std::move(refused.command));
    }
    std::this_thread::sleep_for(kRetryPause);
    if (!send(std::move(again))) return false;
  }
}

bool Importer::send(std::deque<StreamCommand> commands) {
  std::string bytes;
  for (const StreamCommand& command : commands) bytes += command.request;
  {
    const std::lock_guard lock(mutex_);
    sent_bytes_ += bytes.size();
    std::ranges::move(commands, std::back_inserter(sent_));
  }
  changed_.notify_all();
  const auto sent = connection_.send_bytes(bytes, client::Clock::now() + kSilence);
  if (!sent) stop(sent.error());
  return sent.has_value();
}

void Importer::receive_all() {
  while (awaits_reply()) {
    const auto reply = connection_.receive(client::Clock::now() + kSilence);
    if (!reply) return stop(reply.error());
    check(*reply);
  }
}

// False: there will be none any more.
bool Importer::awaits_reply() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !sent_.empty() || is_all_sent_ || outcome_.stopped; });
  return !sent_.empty();
}

void Importer::check(const resp::Value& reply) {
  std::unique_lock lock(mutex_);
  StreamCommand command = std::move(sent_.front());
  sent_.pop_front();
  sent_bytes_ -= command.request.size();
  const auto* error = std::get_if<resp::Value::Error>(&reply.value);
  if (error != nullptr && is_to_be_sent_again(*error)) {
    refused_.add(std::move(command), error->text);
  } else {
    ++outcome_.answered;
    refused_since_.reset();
    const auto overtaken = refused_.overtaken_by(command);
    lock.unlock();
    report_refused(overtaken);
    if (error != nullptr) report(command.number, command.offset, error->text);
  }
  changed_.notify_all();
}

bool Importer::is_to_be_sent_again(const resp::Value::Error& error) {
  if (!RefusedCommands::is_refusal(error.text)) return false;
  const auto now = client::Clock::now();
  if (!refused_since_) {
    refused_since_ = now;
    std::cerr << "holdfast: sending again what was not executed: " << error.text << std::endl;
  }
  return now - *refused_since_ < kRetryTime;
}

void Importer::report_refused(const std::deque<RefusedCommands::Refused>& refused) {
  for (const auto& [command, error] : refused) {
    {
      const std::lock_guard lock(mutex_);
      ++outcome_.answered;
    }
    report(command.number, command.offset, error);
  }
}

void Importer::report(std::uint64_t number, std::uint64_t offset, const std::string& error) {
  const std::lock_guard lock(mutex_);
  if (++outcome_.errors > kReportsMax) return;
  std::cerr << "holdfast: command " << number << " at offset " << offset << ": " << error << "\n";
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
