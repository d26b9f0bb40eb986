#pragma once

#include <expected>
#include <string>

#include "base/address.hpp"
#include "cli/copy_file.hpp"
#include "cli/endpoints.hpp"

namespace holdfast::cli {

// A copy that was fetched from a running cluster.
struct FetchedCopy {
  Address from;
  std::uint64_t node = 0;
  bool is_leader = false;
  CopyInfo info;
};

// Makes `path` a copy of the cluster's state that has every write that was acknowledged before the
// call. A follower makes it, if one answers; else the leader. Any node that `endpoints` or the
// cluster's members name is tried, the most up to date first. Verified, and durable with its name;
// until then it is called `path`.part. What goes on is told on stderr.
std::expected<FetchedCopy, std::string> fetch_copy(const Endpoints& endpoints, storage::Disk& disk,
                                                   const std::string& path);

}  // namespace holdfast::cli
