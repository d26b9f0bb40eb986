#include "load/client.hpp"

#include <stdexcept>

#include "load/load.hpp"

namespace holdfast::bench {

namespace {

using server::ErrorCode;
using server::tcp;

void check(const ErrorCode& error, const char* what) {
  if (error) throw std::runtime_error(std::string(what) + ": " + error.message());
}

}  // namespace

Client::Client(Load& load, std::uint64_t index)
    : load_(load), index_(index), socket_(load.io()), dialogue_(load.make_dialogue()) {
  const Address& address = load.options().address;
  ErrorCode error;
  socket_.connect({server::asio::ip::make_address(address.host), address.port}, error);
  check(error, "connect");
  socket_.set_option(tcp::no_delay(true));
  socket_.non_blocking(true);
  wait_to_read();
}

void Client::pump() {
  const Clock::time_point now = Clock::now();
  while (awaited_ < load_.options().pipeline) {
    const std::optional<Operation> operation = load_.next(index_, asked_, now);
    if (!operation) break;
    dialogue_->ask(*operation, out_);
    ++asked_;
    ++awaited_;
  }
  flush();
}

void Client::wait_to_read() {
  socket_.async_wait(tcp::socket::wait_read, [this](const ErrorCode& error) {
    check(error, "wait");
    read();
  });
}

void Client::read() {
  ErrorCode error;
  const std::size_t size = socket_.read_some(server::asio::buffer(load_.read_buffer()), error);
  if (error != server::asio::error::would_block) {
    check(error, "read");
    std::vector<Answer>& answers = load_.no_answers();
    if (!dialogue_->hear({load_.read_buffer().data(), size}, answers, out_)) {
      throw std::runtime_error("the server speaks another protocol");
    }
    awaited_ -= answers.size();
    load_.take(answers);
    pump();
  }
  wait_to_read();
}

void Client::flush() {
  if (waits_to_write_) return;
  ErrorCode error;
  while (sent_ < out_.size() && !error) {
    const std::string_view rest = std::string_view(out_).substr(sent_);
    sent_ += socket_.write_some(server::asio::buffer(rest), error);
  }
  if (!error) {
    out_.clear();
    sent_ = 0;
    return;
  }
  if (error != server::asio::error::would_block) check(error, "write");
  waits_to_write_ = true;
  socket_.async_wait(tcp::socket::wait_write, [this](const ErrorCode& failure) {
    check(failure, "wait");
    waits_to_write_ = false;
    flush();
  });
}

}  // namespace holdfast::bench
