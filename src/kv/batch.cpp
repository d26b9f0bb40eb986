#include "kv/batch.hpp"

#include "base/check.hpp"
#include "base/overload.hpp"
#include "kv/transaction.hpp"

namespace holdfast::kv {
namespace {

constexpr std::uint8_t kBatchVersion = 2;

enum class SectionKind : std::uint8_t { kCommands = 1, kOpen = 2 };

constexpr std::uint64_t kSeqMax = std::uint64_t{1} << 62;  // leaves room to add a count

// True if there are `count` commands in `bytes` and nothing else, each known and of right arity.
bool commands_are_valid(std::string_view bytes, std::uint32_t count) {
  Reader in(bytes);
  std::vector<std::string_view> args;
  for (std::uint32_t i = 0; i < count; ++i) {
    get_command(in, args);
    if (!in.ok() || !is_executable(args)) return false;
  }
  return in.finished();
}

std::optional<Section> get_commands_section(Reader& in) {
  CommandsSection section;
  section.origin = in.id<NodeId>();
  section.epoch = in.id<Index>();
  section.first_seq = in.u64();
  section.value_bytes_max = in.u32();
  section.count = in.u32();
  section.commands = in.bytes();
  const bool numbered = section.origin && section.epoch && section.first_seq != 0 &&
                        section.first_seq <= kSeqMax && section.count != 0;
  if (!in.ok() || !numbered) {
    in.fail();
    return std::nullopt;
  }
  return section;
}

std::optional<Section> get_open_section(Reader& in) {
  OpenSection section;
  section.origin = in.id<NodeId>();
  section.nonce = in.u64();
  if (!in.ok() || !section.origin) {
    in.fail();
    return std::nullopt;
  }
  return section;
}

}  // namespace

void put_command(Args args, Writer& out) {
  CHECK(!args.empty() && args.size() <= UINT32_MAX);
  out.put(static_cast<std::uint32_t>(args.size()));
  for (const std::string_view arg : args) {
    CHECK(arg.size() <= UINT32_MAX);
    out.put_bytes(arg);
  }
}

void get_command(Reader& in, std::vector<std::string_view>& args) {
  args.clear();
  const auto count = in.u32();
  // An argument takes four bytes at least, so an announced count can't make us reserve more
  // than a small multiple of what was sent.
  if (count == 0 || count > in.remaining() / sizeof(std::uint32_t)) return in.fail();
  args.reserve(count);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) args.push_back(in.bytes());
}

void put_section_head(const CommandsSection& section, std::size_t commands_bytes, Writer& out) {
  CHECK(commands_bytes <= UINT32_MAX);
  out.put(static_cast<std::uint8_t>(SectionKind::kCommands));
  out.put(section.origin);
  out.put(section.epoch);
  out.put(section.first_seq);
  out.put(section.value_bytes_max);
  out.put(section.count);
  out.put(static_cast<std::uint32_t>(commands_bytes));
}

void put_section(const Section& section, Writer& out) {
  std::visit(Overload{
                 [&](const CommandsSection& s) {
                   put_section_head(s, s.commands.size(), out);
                   out.put_raw(s.commands);
                 },
                 [&](const OpenSection& s) {
                   out.put(static_cast<std::uint8_t>(SectionKind::kOpen));
                   out.put(s.origin);
                   out.put(s.nonce);
                 },
             },
             section);
}

std::optional<Section> get_section(Reader& in) {
  auto section = get_validated_section(in);
  const auto* commands = section ? std::get_if<CommandsSection>(&*section) : nullptr;
  if (commands != nullptr && !commands_are_valid(commands->commands, commands->count)) {
    in.fail();
    return std::nullopt;
  }
  return section;
}

std::optional<Section> get_validated_section(Reader& in) {
  switch (static_cast<SectionKind>(in.u8())) {
    case SectionKind::kCommands:
      return get_commands_section(in);
    case SectionKind::kOpen:
      return get_open_section(in);
  }
  in.fail();
  return std::nullopt;
}

void put_batch_header(const BatchTime& time, Writer& out) {
  out.put(kBatchVersion);
  out.put(time.cluster_ms);
  out.put(time.unled_ms);
}

std::optional<BatchTime> get_batch_header(Reader& in) {
  if (in.u8() != kBatchVersion) in.fail();
  const BatchTime time{.cluster_ms = in.u64(), .unled_ms = in.u64()};
  if (!in.ok()) return std::nullopt;
  return time;
}

}  // namespace holdfast::kv
