// Loads one server with GETs and SETs of random keys, speaking the Redis protocol or etcd's, and
// prints what came of it as one JSON object; times are in milliseconds. scripts/bench runs it.
#include <fmt/format.h>
#include <sys/resource.h>
#include <CLI/CLI.hpp>
#include <iostream>

#include "load/load.hpp"

namespace {

using namespace holdfast;
using bench::Options;
using bench::Outcome;

void add_options(CLI::App& app, Options& options) {
  app.add_option_function<std::string>(
         "ADDRESS",
         [&options](const std::string& text) {
           const auto address = Address::parse(text);
           if (!address) throw CLI::ConversionError("'" + text + "' is not HOST:PORT");
           options.address = *address;
         },
         "The server's, as numbers")
      ->required();
  app.add_flag("--etcd", options.is_etcd, "The server is an etcd");
  app.add_option("--clients", options.clients, "Connections")->check(CLI::PositiveNumber);
  app.add_option("--pipeline", options.pipeline, "Requests at most that a client has on their way")
      ->check(CLI::PositiveNumber);
  app.add_option("--rate", options.rate,
                 "An open loop: so many operations a second are due, however slow the answers "
                 "are, and times are measured from then; else each answer makes room for one")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--seconds", options.seconds)->check(CLI::PositiveNumber);
  app.add_option("--keys", options.keys, "How many there are")->check(CLI::PositiveNumber);
  app.add_option("--value-bytes", options.value_bytes)->check(CLI::NonNegativeNumber);
  app.add_option("--reads", options.read_percent, "Percent that are GETs")
      ->check(CLI::Range(0, 100));
  app.add_flag("--fill", options.fill, "Write every key once, instead");
  app.add_option("--seed", options.seed, "Of keys, values and the mix");
}

void allow_many_connections() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void print(const Outcome& outcome) {
  const auto ms = [](bench::Histogram::Time time) {
    return std::chrono::duration<double, std::milli>(time).count();
  };
  std::cout
      << fmt::format(
             R"({{"seconds": {:.3f}, "rate": {:.1f}, "offered": {}, "answered": {}, "unsent": {}, )"
             R"("unanswered": {}, "errors": {}, "misses": {}, "p50": {:.3f}, "p99": {:.3f}, )"
             R"("p999": {:.3f}, "most": {:.3f}, "load_cpu": {:.3f}}})",
             outcome.seconds, static_cast<double>(outcome.answered) / outcome.seconds,
             outcome.offered, outcome.answered, outcome.unsent, outcome.unanswered, outcome.errors,
             outcome.misses, ms(outcome.times.percentile(0.5)), ms(outcome.times.percentile(0.99)),
             ms(outcome.times.percentile(0.999)), ms(outcome.times.most()), cpu_seconds())
      << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Loads a server and says how it did.", "bench_load");
  Options options;
  add_options(app, options);
  app.get_formatter()->column_width(26);
  CLI11_PARSE(app, argc, argv);
  try {
    allow_many_connections();
    const Outcome outcome = bench::Load(options).run();
    print(outcome);
    if (outcome.errors > 0) std::cerr << "bench_load: an error: " << outcome.first_error << "\n";
    return 0;
  } catch (const std::exception& failure) {
    std::cerr << "bench_load: " << failure.what() << "\n";
    return 1;
  }
}
