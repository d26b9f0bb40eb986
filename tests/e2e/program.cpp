#include "e2e/program.hpp"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace holdfast::e2e {

Ended run(const std::string& args, const std::string& prefix, int seconds) {
  const std::string command =
      prefix + " timeout " + std::to_string(seconds) + " " HOLDFAST_BINARY " " + args + " 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  Ended ended;
  std::array<char, 4096> buffer;
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    ended.output.append(buffer.data(), size);
  }
  ended.code = WEXITSTATUS(::pclose(pipe));
  return ended;
}

void expect_end(const Ended& ended, int code, const std::string& text) {
  EXPECT_EQ(ended.code, code) << ended.output;
  EXPECT_THAT(ended.output, testing::HasSubstr(text));
}

TemporaryFolder::TemporaryFolder() {
  std::string name = fs::temp_directory_path() / "holdfast-test-XXXXXX";
  folder_ = ::mkdtemp(name.data());
}

TemporaryFolder::~TemporaryFolder() {
  fs::remove_all(folder_);
}

void TemporaryFolder::write(const std::string& name, const std::string& text) {
  std::ofstream(path(name)) << text;
}

}  // namespace holdfast::e2e
