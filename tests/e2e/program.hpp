#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace holdfast::e2e {

namespace fs = std::filesystem;

struct Ended {
  int code = 0;
  std::string output;  // of both streams
};

// Runs the program until it ends, by force after `seconds`. `prefix`: of the shell's command line.
Ended run(const std::string& args, const std::string& prefix = "", int seconds = 20);
void expect_end(const Ended& ended, int code, const std::string& text);

class TemporaryFolder : public testing::Test {
 protected:
  TemporaryFolder();
  ~TemporaryFolder() override;

  std::string path(const std::string& name) const { return folder_ / name; }
  void write(const std::string& name, const std::string& text);

  fs::path folder_;
};

}  // namespace holdfast::e2e
