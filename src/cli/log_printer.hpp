#pragma once

#include <cstdint>
#include <iosfwd>
#include <limits>
#include <string>

#include "storage/scan.hpp"

namespace holdfast::cli {

struct LogPrintOptions {
  bool json = false;  // one object per line
  Index from{1};      // entries before this one are passed over
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();  // of entries
};

// Prints a log as it was written: what was overwritten later is shown, too. Bytes that are not
// printable ASCII appear as \xNN, long arguments shortened.
class LogPrinter final : public storage::LogVisitor {
 public:
  LogPrinter(std::ostream& out, LogPrintOptions options) : out_(out), options_(options) {}

  void segment(const std::string& path, const storage::SegmentHeader& header) override;
  void record(storage::ScannedRecord record) override;

 private:
  void entry(std::uint64_t offset, Index index, const raft::Entry& entry);

  std::ostream& out_;
  LogPrintOptions options_;
  std::string path_;
};

}  // namespace holdfast::cli
