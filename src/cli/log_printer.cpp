#include "cli/log_printer.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <ostream>

#include "base/overload.hpp"
#include "kv/batch.hpp"

namespace holdfast::cli {

namespace {

constexpr std::size_t kArgumentShown = 64;

std::string readable(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes.substr(0, kArgumentShown)) {
    const auto code = static_cast<unsigned char>(byte);
    if (byte == '"' || byte == '\\') {
      text += {'\\', byte};
    } else if (code >= 0x20 && code < 0x7f) {
      text += byte;
    } else {
      text += fmt::format("\\x{:02x}", code);
    }
  }
  if (bytes.size() > kArgumentShown) text += fmt::format("… ({} bytes)", bytes.size());
  return text;
}

std::string text_of(const raft::HardState& state) {
  std::string text = fmt::format("term {}, vote for ", state.term.value());
  text += state.voted_for ? std::to_string(state.voted_for.value()) : "nobody";
  const auto [index, term] = state.votes_from;
  if (index)
    text += fmt::format(", for logs from entry {} of term {} on", index.value(), term.value());
  return text;
}

// What an entry carries, as text for people and as JSON.
struct Content {
  std::string text;
  boost::json::object json;
};

void add_commands(const kv::CommandsSection& section, Content& content,
                  boost::json::array& commands) {
  Reader in(section.commands);
  std::vector<std::string_view> args;
  for (std::uint32_t i = 0; i < section.count; ++i) {
    kv::get_command(in, args);
    if (!in.ok()) return;
    content.text +=
        fmt::format("\n           node {} #{}:", section.origin.value(), section.first_seq + i);
    boost::json::array words;
    for (const std::string_view arg : args) {
      content.text += fmt::format(" \"{}\"", readable(arg));
      words.emplace_back(readable(arg));
    }
    commands.push_back({{"origin", section.origin.value()},
                        {"epoch", section.epoch.value()},
                        {"seq", section.first_seq + i},
                        {"args", std::move(words)}});
  }
}

Content describe_batch(std::string_view payload) {
  Content content;
  Reader in(payload);
  const auto time = kv::get_batch_header(in);
  if (!time) return {"not a batch of commands", {}};
  content.text = fmt::format("cluster time {} ms", time->cluster_ms);
  content.json["cluster_time_ms"] = time->cluster_ms;
  boost::json::array commands;
  while (in.ok() && in.remaining() > 0) {
    const auto section = kv::get_section(in);
    if (!section) {
      content.text += "\n           a section that this version can't read";
      break;
    }
    std::visit(
        Overload{[&](const kv::CommandsSection& s) { add_commands(s, content, commands); },
                 [&](const kv::OpenSection& open) {
                   content.text +=
                       fmt::format("\n           node {} opens an epoch", open.origin.value());
                   commands.push_back({{"origin", open.origin.value()}, {"opens_epoch", true}});
                 }},
        *section);
  }
  content.json["commands"] = std::move(commands);
  return content;
}

Content describe_membership(std::string_view payload) {
  const auto membership = raft::decode_membership(payload);
  const std::string text = membership ? raft::to_string(*membership) : "that can't be read";
  return {"membership " + text, {{"type", "membership"}, {"members", text}}};
}

Content describe(const raft::Entry& entry) {
  switch (entry.kind) {
    case raft::EntryKind::kNoop:
      return {"no-op", {{"type", "noop"}}};
    case raft::EntryKind::kCommand:
      break;
    case raft::EntryKind::kMembership:
      return describe_membership(entry.payload.view());
  }
  Content content = describe_batch(entry.payload.view());
  content.json["type"] = "entry";
  return content;
}

}  // namespace

void LogPrinter::segment(const std::string& path, const storage::SegmentHeader& header) {
  path_ = path;
  if (options_.json) {
    out_ << boost::json::object{{"file", path},
                                {"type", "segment"},
                                {"cluster", header.identity.cluster},
                                {"node", header.identity.node.value()},
                                {"sequence", header.sequence},
                                {"bytes", header.file_bytes},
                                {"next_index", header.start.next.value()}}
         << "\n";
    return;
  }
  out_ << fmt::format("{}\n  cluster {}, node {}, segment {}, {} bytes; entries from {} on\n", path,
                      header.identity.cluster, header.identity.node.value(), header.sequence,
                      header.file_bytes, header.start.next.value());
}

void LogPrinter::record(storage::ScannedRecord record) {
  const auto print = [&](const std::string& text, boost::json::object json) {
    if (options_.json) {
      json["file"] = path_;
      json["offset"] = record.offset;
      out_ << json << "\n";
    } else {
      out_ << fmt::format("  {:>8} {}\n", record.offset, text);
    }
  };
  std::visit(Overload{[&](const raft::HardState& state) {
                        print(text_of(state), {{"type", "hard_state"},
                                               {"term", state.term.value()},
                                               {"voted_for", state.voted_for.value()},
                                               {"votes_from", state.votes_from.index.value()}});
                      },
                      [&](const storage::EntriesRecord& entries) {
                        for (std::size_t i = 0; i < entries.entries.size(); ++i) {
                          entry(record.offset, entries.first.plus(i), entries.entries[i]);
                        }
                      },
                      [&](const storage::ResetRecord& reset) {
                        print(fmt::format("the log is emptied: a snapshot of entry {}, term {} "
                                          "takes its place",
                                          reset.last.index.value(), reset.last.term.value()),
                              {{"type", "reset"},
                               {"index", reset.last.index.value()},
                               {"term", reset.last.term.value()}});
                      },
                      [&](const storage::MarkRecord&) {
                        print("all before this is durable", {{"type", "mark"}});
                      },
                      [&](const storage::SealRecord&) {
                        print("the segment ends", {{"type", "seal"}});
                      }},
             record.content);
}

void LogPrinter::entry(std::uint64_t offset, Index index, const raft::Entry& entry) {
  if (index < options_.from || options_.limit == 0) return;
  --options_.limit;
  Content content = describe(entry);
  if (options_.json) {
    content.json["file"] = path_;
    content.json["offset"] = offset;
    content.json["index"] = index.value();
    content.json["term"] = entry.term.value();
    out_ << content.json << "\n";
  } else {
    out_ << fmt::format("  {:>8} entry {}, term {}: {}\n", offset, index.value(),
                        entry.term.value(), content.text);
  }
}

}  // namespace holdfast::cli
