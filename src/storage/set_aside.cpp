#include <algorithm>
#include <array>
#include <charconv>

#include "storage/data_folder.hpp"

namespace holdfast::storage {
namespace {

constexpr std::string_view kDamaged = "damaged-";
// The identity first: without it no log and no snapshot is believed, so nobody can start on the
// rest.
constexpr auto kMoved = std::to_array<std::string_view>({"identity", "log", "snapshot"});

using Names = std::vector<std::string>;

bool has(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// What is left of set_aside() once the folder is locked.
class Moving {
 public:
  Moving(Disk& disk, const std::string& dir) : disk_(disk), dir_(dir) {}

  // The path that all was moved to; nothing: there is nothing, and there was nothing.
  IoResult<std::optional<std::string>> run();

 private:
  IoResult<void> choose_target(const Names& names, const Names& moving);
  IoResult<void> move(const std::string& name);

  Disk& disk_;
  const std::string& dir_;
  std::string target_;  // empty: none was made yet
};

IoResult<std::optional<std::string>> Moving::run() {
  const auto names = disk_.list(dir_);
  if (!names) return std::unexpected(names.error());
  Names moving;
  for (const auto name : kMoved) {
    if (has(*names, name)) moving.emplace_back(name);
  }
  if (auto done = choose_target(*names, moving); !done) return std::unexpected(done.error());
  if (target_.empty()) return std::nullopt;
  for (const auto& name : moving) {
    if (auto done = move(name); !done) return std::unexpected(done.error());
  }
  // Also for what an interrupted call has moved.
  for (const auto& dir : {target_, dir_}) {
    if (auto done = disk_.sync_dir(dir); !done) return std::unexpected(done.error());
  }
  return target_;
}

// The newest one if it has room for all that is to be moved: an interrupted call made it. Else a
// new one.
IoResult<void> Moving::choose_target(const Names& names, const Names& moving) {
  std::uint64_t newest = 0;
  for (const auto& name : names) newest = std::max(newest, parse_damaged_name(name).value_or(0));
  const auto path = [&](std::uint64_t n) {
    return dir_ + "/" + std::string(kDamaged) + std::to_string(n);
  };
  if (newest != 0) {
    const auto inside = disk_.list(path(newest));
    if (!inside) return std::unexpected(inside.error());
    target_ = path(newest);
    if (std::ranges::none_of(moving, [&](const auto& name) { return has(*inside, name); })) {
      return {};
    }
  }
  if (moving.empty()) return {};
  target_ = path(newest + 1);
  if (auto done = disk_.make_dir(target_); !done) return done;
  return disk_.sync_dir(dir_);
}

IoResult<void> Moving::move(const std::string& name) {
  if (auto done = disk_.rename(dir_ + "/" + name, target_ + "/" + name); !done) return done;
  if (auto done = disk_.sync_dir(target_); !done) return done;
  return disk_.sync_dir(dir_);
}

}  // namespace

std::optional<std::uint64_t> parse_damaged_name(std::string_view name) {
  if (!name.starts_with(kDamaged)) return {};
  name.remove_prefix(kDamaged.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size() || number == 0) return {};
  return number;
}

std::expected<std::optional<DataFolder::SetAside>, FolderError> DataFolder::set_aside(
    Disk& disk, const std::string& dir) {
  const auto lock = disk.lock(dir + "/lock");
  if (!lock) {
    if (lock.error().kind == IoError::Kind::kNotFound) return std::nullopt;
    return std::unexpected(as_folder_error(dir, lock.error()));
  }
  auto moved = Moving(disk, dir).run();
  if (!moved) return std::unexpected(as_folder_error(dir, moved.error()));
  if (!*moved) return std::nullopt;
  SetAside aside{.path = **moved, .identity = std::nullopt};
  if (const auto identity = read_identity(disk, aside.path)) aside.identity = *identity;
  return aside;
}

}  // namespace holdfast::storage
