#include "cli/sim_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <thread>

#include "base/planted.hpp"
#include "cli/sim_report.hpp"
#include "lincheck/json_lines.hpp"
#include "sim/scenario.hpp"
#include "sim/timeline.hpp"
#include "sim/timeline_page.hpp"

namespace holdfast::cli {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

int usage(const std::string& text) {
  std::cerr << "holdfast sim: " << text << "\n";
  return kSimUsage;
}

std::vector<sim::Scenario> all_scenarios() {
  std::vector<sim::Scenario> all;
  for (const auto suite : {sim::raft_scenarios(), sim::kv_scenarios()}) {
    all.insert(all.end(), suite.begin(), suite.end());
  }
  return all;
}

int list() {
  for (const sim::Scenario& scenario : all_scenarios()) {
    std::cout << fmt::format(
        "{:<9}{:<62} {}\n", scenario.suite, scenario.name,
        scenario.run ? std::string(scenario.about) : "pending: " + std::string(scenario.pending));
  }
  return 0;
}

void adjust(const SimSettings& settings, sim::Plan& plan) {
  if (settings.nodes) plan.nodes = *settings.nodes;
  if (settings.duration_ms) {
    plan.duration = std::chrono::milliseconds(*settings.duration_ms);
  }
  if (settings.keep) plan = sim::keep_faults(plan, *settings.keep);
}

// Each is false if the file can't be written.
bool write_page(const std::string& path, const sim::Timeline& timeline, const sim::PageHead& head) {
  const auto written = sim::write_html(path, timeline, head);
  if (!written) std::cerr << "holdfast sim: " << written.error() << "\n";
  return written.has_value();
}

bool write_history(const std::string& path, const lincheck::History& history) {
  std::ofstream file(path, std::ios::binary);
  lincheck::write_history(history, file);
  file.flush();
  if (file) return true;
  std::cerr << "holdfast sim: can't write " << path << "\n";
  return false;
}

int run_seed(const SimSettings& settings, std::uint64_t seed) {
  sim::Plan plan = sim::Plan::draw(seed);
  adjust(settings, plan);
  sim::Timeline timeline;
  const auto start = Clock::now();
  const sim::RunResult result = sim::run(plan, settings.html.empty() ? nullptr : &timeline);
  print_run(plan, result, seconds_since(start));
  if (settings.verbose) print_tally(result.tally);
  if (!settings.history.empty() && !write_history(settings.history, result.history))
    return kSimUsage;
  if (!settings.html.empty()) {
    const sim::PageHead head{.title = plan.text(),
                             .command = fmt::format("holdfast sim --seed {}", seed),
                             .verdict = result.violation.value_or("nothing broke"),
                             .failed = result.violation.has_value(),
                             .failed_at = result.ended_at,
                             .hash = fmt::format("{:016x}", result.hash)};
    if (!write_page(settings.html, timeline, head)) return kSimUsage;
  }
  if (!result.violation) {
    std::cout << "nothing broke\n";
    return 0;
  }
  if (settings.keep) {
    std::cout << "broke: " << *result.violation << "\n";
  } else {
    report_violation(settings, plan, result);
  }
  return kSimBroken;
}

int run_swarm(const SimSettings& settings) {
  sim::SwarmOptions options;
  options.first_seed = settings.first;
  options.seeds = settings.seeds;
  options.threads = settings.jobs != 0 ? settings.jobs : std::thread::hardware_concurrency();
  options.adjust = [&settings](sim::Plan& plan) { adjust(settings, plan); };
  const auto start = Clock::now();
  ProgressLine line;
  const sim::SwarmResult result = sim::swarm(options, [&](const sim::SwarmProgress& now) {
    const double seconds = seconds_since(start);
    line.show(fmt::format(
        "{} {} of {} seeds, {} events/s", progress_bar(now.seeds_done, settings.seeds),
        now.seeds_done, settings.seeds,
        grouped(static_cast<std::uint64_t>(static_cast<double>(now.events) / seconds))));
  });
  line.clear();
  const double seconds = seconds_since(start);
  std::cout << fmt::format(
      "{} seeds, {} events, {} s of virtual time in {:.1f} s ({} events/s on {} threads)\nhash "
      "{:016x}\n",
      result.seeds_done, grouped(result.events),
      grouped(static_cast<std::uint64_t>(result.virtual_time.count() / 1'000'000)), seconds,
      grouped(static_cast<std::uint64_t>(static_cast<double>(result.events) / seconds)),
      options.threads, result.hash);
  print_tally(result.tally);
  for (const std::string& what : sim::never_met(result.tally)) {
    std::cout << fmt::format("  {:>14}  {}\n", "never", what);
  }
  if (!result.broken_seed) {
    std::cout << "nothing broke\n";
    return 0;
  }
  sim::Plan plan = sim::Plan::draw(*result.broken_seed);
  adjust(settings, plan);
  report_violation(settings, plan, sim::run(plan));
  return kSimBroken;
}

// One run of a scenario; false if it failed.
bool run_scenario(const SimSettings& settings, const sim::Scenario& scenario, std::uint64_t seed) {
  sim::Timeline timeline;
  sim::ScenarioRun run{.seed = seed, .observer = settings.html.empty() ? nullptr : &timeline};
  if (settings.duration_ms) run.duration = std::chrono::milliseconds(*settings.duration_ms);
  std::string failure;
  try {
    scenario.run(run);
  } catch (const std::exception& failed) {
    failure = failed.what();
  }
  if (!settings.html.empty()) {
    const sim::PageHead head{
        .title = fmt::format("{}: {}", scenario.name, scenario.about),
        .command = fmt::format("holdfast sim --scenario {} --seed {}", scenario.name, seed),
        .verdict = failure.empty() ? "passed" : failure,
        .failed = !failure.empty(),
        .hash = fmt::format("{:016x}", run.hash)};
    if (!write_page(settings.html, timeline, head)) return false;
  }
  if (!failure.empty()) {
    std::cout << fmt::format(
        "{} FAILED with seed {}: {}\nto see it again:\n  holdfast sim --scenario {} --seed {} "
        "--html run.html\n",
        scenario.name, seed, failure, scenario.name, seed);
    return false;
  }
  if (settings.seeds == 0) {
    std::cout << fmt::format("{} passed with seed {}, {} events, hash {:016x}\n", scenario.name,
                             seed, grouped(run.events), run.hash);
    for (const auto& [name, value] : run.figures)
      std::cout << fmt::format("  {:>14}  {}\n", grouped(value), name);
  }
  return true;
}

int run_scenarios(const SimSettings& settings) {
  const auto all = all_scenarios();
  const auto found = std::ranges::find(all, settings.scenario, &sim::Scenario::name);
  if (found == all.end()) {
    return usage("there is no scenario '" + settings.scenario +
                 "'; holdfast sim --list names them");
  }
  if (found->run == nullptr) {
    std::cout << found->name << " is pending: " << found->pending << "\n";
    return 0;
  }
  if (settings.seeds == 0) {
    return run_scenario(settings, *found, settings.seed.value_or(1)) ? 0 : kSimBroken;
  }
  ProgressLine line;
  for (std::uint64_t i = 0; i < settings.seeds; ++i) {
    line.show(fmt::format("{} {}", progress_bar(i, settings.seeds), found->name));
    if (!run_scenario(settings, *found, settings.first + i)) return kSimBroken;
  }
  line.clear();
  std::cout << fmt::format("{}: {} seeds passed\n", found->name, settings.seeds);
  return 0;
}

int run(const SimSettings& settings) {
  if (!settings.plant.empty()) {
    const auto bug = find_planted_bug(settings.plant);
    if (!bug) return usage("there is no planted bug '" + settings.plant + "'");
    if (!kHasPlantedBugs)
      return usage("--plant needs a build with planted bugs: scripts/build planted");
    plant(*bug);
  }
  if (settings.list) return list();
  if (!settings.scenario.empty()) return run_scenarios(settings);
  if (settings.seeds != 0) return run_swarm(settings);
  return run_seed(settings, settings.seed.value_or(1));
}

}  // namespace

void add_sim_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("sim",
                                         "Simulate a cluster with its clients, network, disks and "
                                         "faults, all from one seed, and check "
                                         "that nothing breaks. Exit code 1 if something does");
  const auto settings = std::make_shared<SimSettings>();
  auto keep = std::make_shared<std::string>();
  command
      ->add_option("--seed", settings->seed, "Run this seed alone; 1 if nothing else is asked for")
      ->type_name("S");
  command->add_option("--seeds", settings->seeds, "Run many seeds: a swarm")->type_name("N");
  command->add_option("--first", settings->first, "The first of the seeds")
      ->type_name("S")
      ->capture_default_str();
  command
      ->add_option("--jobs", settings->jobs, "Threads of a swarm; one for each core if not given")
      ->type_name("N");
  command->add_option("--scenario", settings->scenario, "Run a directed test by its name")
      ->type_name("NAME");
  command->add_flag("--list", settings->list, "Name the scenarios");
  command->add_option("--nodes", settings->nodes, "Nodes, instead of what the seed draws")
      ->type_name("N")
      ->check(CLI::Range(1, 7));
  command
      ->add_option("--duration", settings->duration_ms,
                   "Virtual milliseconds with clients and faults, instead of what the seed draws")
      ->type_name("MS");
  command->add_option("--keep", *keep, "Only these of the seed's faults, or none")
      ->type_name("I,J,…");
  command->add_option("--html", settings->html, "Write the run's timeline to this page")
      ->type_name("FILE");
  command->add_option("--history", settings->history, "Write what clients saw, for holdfast check")
      ->type_name("FILE");
  command->add_option("--plant", settings->plant, "Switch a planted bug on (scripts/build planted)")
      ->type_name("NAME");
  command->add_flag("--verbose", settings->verbose, "Print how often each thing happened");
  command->callback([settings, keep, &exit_code] {
    if (!keep->empty()) {
      settings->keep.emplace();
      for (const std::string& index : CLI::detail::split(*keep, ',')) {
        if (index == "none") continue;
        std::size_t value = 0;
        if (!CLI::detail::lexical_cast(index, value)) {
          exit_code = usage("--keep: '" + index + "' is no number");
          return;
        }
        settings->keep->push_back(value);
      }
    }
    exit_code = run(*settings);
  });
}

}  // namespace holdfast::cli
