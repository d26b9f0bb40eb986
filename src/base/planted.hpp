#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace holdfast {

// Known bugs, to test the tests: the simulator and the explorer must find each of them. They exist
// only in a build with HOLDFAST_PLANTED_BUGS, where one at a time can be switched on; in any other
// build planted() is false at compile time and nothing of them is left.
enum class Bug : std::uint8_t {
  kNone,
  // raft
  kVoteNotPersisted,
  kVoteBeforeDisk,
  kAckBeforeDisk,
  kOwnDiskNotAwaited,
  kCommitOldTerm,
  kReadBeforeNoop,
  kReadWithoutConfirmation,
  kStaleAppendTruncates,
  kCommitBeyondProof,
  kHeartbeatCommitBeyondMatch,
  kVoteForStaleLog,
  kVoteForgottenOnStepDown,
  kLateCompletionCounts,
  kLogsMerged,
  kConflictKept,
  kCommittedTruncated,
  kQuorumTooSmall,
  kLateReadAnswerTaken,
  kSnapshotWrongTerm,
  kSnapshotWithoutMembership,
  kConflictKeptBehindSnapshot,
  kChangeBeforeNoop,
  kJointIgnoresOld,
  kChangeMadeTwice,
  kRemovedNodeVotes,
  kEmptyNodeVotes,
  kLeaseKeptOverPause,
  // storage
  kSyncSkipped,
  kDirectoryNotSynced,
  kChecksumSkipped,
  kRotCutAsTorn,
  kFailedSyncIgnored,
  kSnapshotNotSynced,
  // wire
  kFrameChecksumSkipped,
  // kv
  kRetryAppliedTwice,
  kResendAppliedTwice,
  kSessionLostAtRestart,
  kSessionLimitsDiffer,
  kGapIgnored,
  kSnapshotSlotChanged,
  kSnapshotWithoutSessions,
  // replica
  kReadBeforeApplied,
  kUnknownCalledFailed,
  kRefusedButKept,
  // frontend
  kReadOvertakesWrite,
  // client
  kRetryUnderNewNumber,
};

struct PlantedBug {
  Bug bug;
  std::string_view name;  // as in `--plant NAME`
  std::string_view what;
};
std::span<const PlantedBug> planted_bugs();
std::optional<Bug> find_planted_bug(std::string_view name);

#ifdef HOLDFAST_PLANTED_BUGS
inline constexpr bool kHasPlantedBugs = true;
bool planted(Bug bug);
void plant(Bug bug);  // instead of the one planted before; before any thread starts
#else
inline constexpr bool kHasPlantedBugs = false;
constexpr bool planted(Bug) {
  return false;
}
constexpr void plant(Bug) {}
#endif

}  // namespace holdfast
