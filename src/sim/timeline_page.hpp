#pragma once

#include <expected>
#include <optional>
#include <string>

#include "sim/timeline.hpp"

namespace holdfast::sim {

// What the page says about the run beside what was recorded. Empty texts are left out.
struct PageHead {
  std::string title = "Holdfast simulation";
  std::string command{};               // that repeats the run
  std::string verdict{};               // one line, or several of a violation's report
  bool failed = false;                 // the verdict tells of a violation
  std::optional<Instant> failed_at{};  // when it was noticed; else at the end
  std::string hash{};
};

// One HTML document with the run's timeline in it; it loads nothing and needs no network.
std::string timeline_page(const Timeline& timeline, const PageHead& head);
// The same into a file; says why it could not be written.
[[nodiscard]] std::expected<void, std::string> write_html(const std::string& path,
                                                          const Timeline& timeline,
                                                          const PageHead& head);

}  // namespace holdfast::sim
