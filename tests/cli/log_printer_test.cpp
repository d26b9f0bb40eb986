#include "cli/log_printer.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace holdfast::cli {
namespace {

std::string print(bool json, storage::Record content) {
  std::ostringstream out;
  LogPrinter printer(out, {.json = json});
  printer.record({.offset = 96, .content = std::move(content)});
  return out.str();
}

storage::EntriesRecord one(raft::EntryKind kind, std::string payload) {
  return {.first = Index(7), .entries = {{Term(2), kind, Payload(std::move(payload))}}};
}

TEST(LogPrinter, Reset_NamesTheSnapshotsLastEntry) {
  const storage::ResetRecord reset{{Index(300), Term(4)}};
  EXPECT_EQ(print(false, reset),
            "        96 the log is emptied: a snapshot of entry 300, term 4 takes its place\n");
  EXPECT_EQ(print(true, reset),
            R"json({"type":"reset","index":300,"term":4,"file":"","offset":96})json"
            "\n");
}

TEST(LogPrinter, Membership_ListsTheMembers) {
  raft::Membership membership;
  membership.members = {{.id = NodeId(1), .address = "a:1"},
                        {.id = NodeId(2), .address = "b:2", .votes = false, .voted = false}};
  const auto entry = one(raft::EntryKind::kMembership, raft::encode(membership));
  EXPECT_EQ(print(false, entry), "        96 entry 7, term 2: membership 1=a:1,2=b:2 (learner)\n");
  EXPECT_EQ(
      print(true, entry),
      R"json({"type":"membership","members":"1=a:1,2=b:2 (learner)","file":"","offset":96,)json"
      R"json("index":7,"term":2})json"
      "\n");
}

TEST(LogPrinter, MembershipThatIsNone_SaysSo) {
  EXPECT_EQ(print(false, one(raft::EntryKind::kMembership, "?")),
            "        96 entry 7, term 2: membership that can't be read\n");
}

TEST(LogPrinter, Noop_IsCalledSo) {
  EXPECT_EQ(print(false, one(raft::EntryKind::kNoop, "")), "        96 entry 7, term 2: no-op\n");
  EXPECT_EQ(print(true, one(raft::EntryKind::kNoop, "")),
            R"json({"type":"noop","file":"","offset":96,"index":7,"term":2})json"
            "\n");
}

}  // namespace
}  // namespace holdfast::cli
