#include "storage/identity_file.hpp"

#include <charconv>

#include "base/check.hpp"
#include "base/checksum.hpp"

namespace holdfast::storage {
namespace {

constexpr std::string_view kTitle = "holdfast data folder\n";
constexpr std::string_view kNoMembers = "none";

// "name text\n" at the front of `text`, which is then shortened by it.
std::optional<std::string_view> take_field(std::string_view& text, std::string_view name) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with(name)) return {};
  const auto line = text.substr(name.size(), end - name.size());
  if (!line.starts_with(' ')) return {};
  text.remove_prefix(end + 1);
  return line.substr(1);
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::optional<std::uint64_t> take_number(std::string_view& text, std::string_view name) {
  const auto field = take_field(text, name);
  return field ? parse_number(*field) : std::nullopt;
}

std::string members_text(const raft::Membership& initial) {
  if (initial.members.empty()) return std::string(kNoMembers);
  std::string text;
  for (const raft::Member& member : initial.members) {
    // A cluster begins with voters only.
    CHECK(member == (raft::Member{.id = member.id, .address = member.address}));
    CHECK(member.address.find_first_of(",\n") == std::string::npos);
    if (!text.empty()) text += ',';
    text += std::to_string(member.id.value()) + "=" + member.address;
  }
  return text;
}

std::optional<raft::Membership> parse_members(std::string_view text) {
  raft::Membership membership;
  if (text == kNoMembers) return membership;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    const auto member = text.substr(begin, end - begin);
    const auto equals = member.find('=');
    if (equals == std::string_view::npos) return {};
    const auto id = parse_number(member.substr(0, equals));
    if (!id) return {};
    membership.members.push_back(
        {.id = NodeId(*id), .address = std::string(member.substr(equals + 1))});
    begin = end + 1;
  }
  // The rules of a membership are checked by its codec.
  return raft::decode_membership(raft::encode(membership));
}

std::string checksum_line(std::string_view fields) {
  return "checksum " + std::to_string(checksum(fields)) + "\n";
}

}  // namespace

std::string encode(const IdentityFile& file) {
  const std::string fields = std::string(kTitle) + "version " + std::to_string(kFolderVersion) +
                             "\ncluster " + std::to_string(file.identity.cluster) + "\nnode " +
                             std::to_string(file.identity.node.value()) + "\nmembers " +
                             members_text(file.initial) + "\n";
  return fields + checksum_line(fields);
}

std::expected<IdentityFile, IdentityFlaw> decode_identity(std::string_view text) {
  const auto damaged = std::unexpected(IdentityFlaw{});
  const auto checksum_at = text.rfind("\nchecksum ");
  if (checksum_at == std::string_view::npos) return damaged;
  const auto fields = text.substr(0, checksum_at + 1);
  if (text.substr(fields.size()) != checksum_line(fields)) return damaged;

  if (!fields.starts_with(kTitle)) return damaged;
  auto rest = fields.substr(kTitle.size());
  const auto version = take_number(rest, "version");
  if (!version) return damaged;
  if (*version != kFolderVersion) return std::unexpected(IdentityFlaw{*version});
  const auto cluster = take_number(rest, "cluster");
  const auto node = take_number(rest, "node");
  const auto members = take_field(rest, "members");
  if (!cluster || !node || !members || !rest.empty()) return damaged;
  auto initial = parse_members(*members);
  if (!initial) return damaged;
  return IdentityFile{{*cluster, NodeId(*node)}, std::move(*initial)};
}

}  // namespace holdfast::storage
