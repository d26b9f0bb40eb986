#include "cli/export_command.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "cli/copy_fetch.hpp"
#include "resp/reply_writer.hpp"
#include "storage/posix_disk.hpp"
#include "storage/snapshot_draft.hpp"

namespace holdfast::cli {

namespace {

constexpr std::size_t kBufferBytes = 256 << 10;

struct ExportSettings {
  std::string file;  // empty: of the cluster
  std::string output;
  std::shared_ptr<Endpoints> endpoints;
};

// Commands on their way to a file, which gets its name when it is whole, or to stdout.
class Output {
 public:
  Output(storage::Disk& disk, const std::string& path) : path_(path) {
    if (path.empty()) return;
    auto draft = storage::SnapshotDraft::create(disk, path + ".part");
    if (!draft) throw std::runtime_error(draft.error().message());
    draft_.emplace(std::move(*draft));
  }

  void set(const kv::Pair& pair) {
    const std::string expiry = std::to_string(pair.expires_ms);
    const std::array<std::string_view, 5> args{"SET", pair.key, pair.value, "PXAT", expiry};
    resp::write_request(std::span(args).first(pair.expires_ms == 0 ? 3 : 5), buffer_);
    if (buffer_.size() >= kBufferBytes) write_buffer();
  }

  void finish() {
    write_buffer();
    if (!draft_) return;
    if (auto done = draft_->publish(path_); !done) throw std::runtime_error(done.error().message());
  }

 private:
  void write_buffer() {
    if (draft_) {
      auto done = draft_->append(buffer_);
      if (!done) throw std::runtime_error(done.error().message());
    } else {
      write_to_stdout();
    }
    buffer_.clear();
  }

  void write_to_stdout() const {
    for (std::string_view rest = buffer_; !rest.empty();) {
      const ssize_t size = ::write(STDOUT_FILENO, rest.data(), rest.size());
      if (size >= 0) {
        rest.remove_prefix(static_cast<std::size_t>(size));
      } else if (errno != EINTR) {
        throw std::runtime_error(std::string("stdout can't be written: ") + std::strerror(errno));
      }
    }
  }

  std::string path_;
  std::optional<storage::SnapshotDraft> draft_;
  std::string buffer_;
};

// The copy is read twice: no command leaves that comes from one that is not whole.
int write_commands(storage::Disk& disk, const std::string& copy, const std::string& output) {
  const auto whole = read_copy(disk, copy, [](const kv::Pair&) {});
  if (!whole) return refuse_copy(whole.error());
  Output out(disk, output);
  const auto read = read_copy(disk, copy, [&](const kv::Pair& pair) { out.set(pair); });
  if (!read) return refuse_copy(read.error());
  out.finish();
  std::cerr << "holdfast: " << read->state.keys << " keys, as of entry "
            << read->file.meta.last.index.value() << "\n";
  return 0;
}

// A file of a name that nobody else has, gone with the object.
class TemporaryFile {
 public:
  TemporaryFile()
      : path_(std::filesystem::temp_directory_path() /
              ("holdfast-export-" + std::to_string(::getpid()))) {}
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

int export_cluster(storage::Disk& disk, const ExportSettings& settings) {
  const TemporaryFile copy;
  const auto fetched = fetch_copy(*settings.endpoints, disk, copy.path());
  if (!fetched) {
    std::cerr << "holdfast: " << fetched.error() << "\n";
    return kCopyFailed;
  }
  return write_commands(disk, copy.path(), settings.output);
}

int run_export(const ExportSettings& settings) {
  storage::PosixDisk disk;
  if (settings.file.empty()) return export_cluster(disk, settings);
  return write_commands(disk, settings.file, settings.output);
}

}  // namespace

void add_export_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "export",
      "Write the keys and values of a copy, or of a running cluster, as commands that `redis-cli "
      "--pipe` and `holdfast import` take; exit code 3 if the copy is damaged");
  const auto settings = std::make_shared<ExportSettings>();
  command->add_option("FILE", settings->file,
                      "A copy that `holdfast backup` made; the cluster's state if not given");
  settings->endpoints = add_endpoints(*command);
  command->add_option("-o,--output", settings->output, "Where to; stdout if not given")
      ->type_name("FILE");
  command->callback([settings, &exit_code] { exit_code = run_export(*settings); });
}

}  // namespace holdfast::cli
