#include "sim/timeline_page.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <tuple>
#include <vector>

#include "sim/json_text.hpp"

namespace holdfast::sim {

// The document of src/sim/page with its scripts and styles in it; the build makes it.
extern const std::string_view kTimelinePage;

namespace {

// Numbers for values that repeat, in the order of their first use.
template <class T>
class Table {
 public:
  std::size_t number_of(const T& value) {
    const auto [found, is_new] = numbers_.emplace(value, values_.size());
    if (is_new) values_.push_back(value);
    return found->second;
  }
  const std::vector<T>& values() const { return values_; }

 private:
  std::map<T, std::size_t> numbers_;
  std::vector<T> values_;
};

using Texts = Table<std::string>;

std::int64_t us(Instant at) {
  return at == Instant::max() ? -1 : (at - Events::kStart).count();
}

std::int64_t number(NodeId id) {
  return static_cast<std::int64_t>(id.value());
}

void write_head(JsonText& json, const Timeline& timeline, const PageHead& head) {
  for (const auto& [name, text] : {std::pair("title", head.title),
                                   {"command", head.command},
                                   {"verdict", head.verdict},
                                   {"hash", head.hash}}) {
    json.key(name);
    json.text(text);
  }
  json.key("failed");
  json.boolean(head.failed);
  json.key("failed_at");
  if (head.failed) {
    json.number(us(head.failed_at.value_or(timeline.end())));
  } else {
    json.null();
  }
  json.key("end");
  json.number(us(std::max(timeline.end(), head.failed_at.value_or(timeline.end()))));
}

void write_gaps(JsonText& json, const Timeline& timeline) {
  const Timeline::Gaps& gaps = timeline.gaps();
  json.key("gaps");
  json.open('{');
  for (const auto& [name, value] : {std::pair("messages", us(gaps.messages_from)),
                                    {"heartbeats", us(gaps.heartbeats_from)},
                                    {"states", us(gaps.states_from)},
                                    {"resolution", gaps.state_resolution.count()},
                                    {"operations", us(gaps.operations_from)},
                                    {"faults", us(gaps.faults_from)},
                                    {"traces", us(gaps.traces_from)}}) {
    json.key(name);
    json.number(value);
  }
  json.key("messages_seen");
  json.number(static_cast<std::int64_t>(timeline.messages_seen()));
  json.close('}');
}

void write_kinds(JsonText& json, const Timeline& timeline) {
  json.key("kinds");
  json.open('[');
  for (const Timeline::Kind& kind : timeline.kinds()) {
    json.open('[');
    json.text(kind.name);
    for (const std::string_view field : kind.fields) json.text(field);
    json.close(']');
  }
  json.close(']');
}

// By kind and by field, each value as the difference to that kind's last one.
void write_values(JsonText& json, const Timeline& timeline) {
  json.key("values");
  json.open('[');
  for (std::size_t kind = 0; kind < timeline.kinds().size(); ++kind) {
    json.open('[');
    for (std::size_t field = 0; field < timeline.kinds()[kind].fields.size(); ++field) {
      std::uint64_t last = 0;
      json.open('[');
      for (const Timeline::Message& message : timeline.messages()) {
        if (message.kind != kind) continue;
        const std::uint64_t value = message.values[field];
        json.number(static_cast<std::int64_t>(value - std::exchange(last, value)));
      }
      json.close(']');
    }
    json.close(']');
  }
  json.close(']');
}

void write_messages(JsonText& json, const Timeline& timeline) {
  using Message = Timeline::Message;
  Table<std::tuple<NodeId, NodeId, std::uint8_t, Fate>> shapes;
  const auto& messages = timeline.messages();
  write_kinds(json, timeline);
  json.key("messages");
  json.open('{');
  json.deltas("sent", messages, [](const Message& m) { return us(m.sent); });
  json.column("took", messages, [](const Message& m) { return (m.arrives - m.sent).count(); });
  json.column("shape", messages, [&](const Message& m) {
    return shapes.number_of({m.from, m.to, m.kind, m.fate});
  });
  json.key("shapes");  // from, to, kind, fate
  json.open('[');
  for (const auto& [from, to, kind, fate] : shapes.values()) {
    json.open('[');
    json.number(number(from));
    json.number(number(to));
    json.number(kind);
    json.number(static_cast<std::int64_t>(fate));
    json.close(']');
  }
  json.close(']');
  write_values(json, timeline);
  json.close('}');
}

void write_states(JsonText& json, const Timeline& timeline) {
  using State = Timeline::State;
  using Status = std::array<std::int64_t, 4>;  // health, role, term, leader
  std::map<NodeId, std::vector<const State*>> by_node;
  for (const State& state : timeline.states()) by_node[state.node.id].push_back(&state);
  Table<Status> statuses;
  json.key("nodes");
  json.open('[');
  for (const auto& [id, states] : by_node) {
    json.open('{');
    json.key("id");
    json.number(number(id));
    json.deltas("at", states, [](const State* state) { return us(state->at); });
    json.column("status", states, [&](const State* state) {
      const SeenNode& node = state->node;
      return statuses.number_of(
          {static_cast<std::int64_t>(node.health), static_cast<std::int64_t>(node.role),
           static_cast<std::int64_t>(node.term.value()), number(node.leader)});
    });
    json.deltas("last", states, [](const State* state) { return state->node.last.value(); });
    json.deltas("commit", states, [](const State* state) { return state->node.commit.value(); });
    json.deltas("applied", states, [](const State* state) { return state->node.applied.value(); });
    json.close('}');
  }
  json.close(']');
  json.key("statuses");
  json.open('[');
  for (const Status& status : statuses.values()) {
    json.open('[');
    for (const std::int64_t part : status) json.number(part);
    json.close(']');
  }
  json.close(']');
}

void write_links(JsonText& json, const Timeline& timeline) {
  using Link = Timeline::Link;
  json.key("links");
  json.open('{');
  json.deltas("at", timeline.links(), [](const Link& link) { return us(link.at); });
  json.column("from", timeline.links(), [](const Link& link) { return link.from.value(); });
  json.column("to", timeline.links(), [](const Link& link) { return link.to.value(); });
  json.column("cut", timeline.links(), [](const Link& link) { return link.is_cut; });
  json.close('}');
}

void write_operations(JsonText& json, const Timeline& timeline, Texts& texts) {
  std::vector<const SeenOperation*> sorted;
  for (const SeenOperation& operation : timeline.operations()) sorted.push_back(&operation);
  std::ranges::stable_sort(sorted, {}, [](const SeenOperation* operation) {
    return std::pair(operation->client, operation->called);
  });
  json.key("operations");
  json.open('{');
  json.deltas("client", sorted, [](const SeenOperation* o) { return o->client; });
  json.column("node", sorted, [](const SeenOperation* o) { return o->node.value(); });
  json.deltas("called", sorted, [](const SeenOperation* o) { return us(o->called); });
  json.column("took", sorted, [](const SeenOperation* o) {  // -1: it never returned
    return o->returned ? (*o->returned - o->called).count() : -1;
  });
  json.column("command", sorted,
              [&](const SeenOperation* o) { return texts.number_of(o->command); });
  json.column("outcome", sorted,
              [&](const SeenOperation* o) { return texts.number_of(o->outcome); });
  json.close('}');
}

void write_lines(JsonText& json, std::string_view name, const std::vector<Timeline::Line>& lines,
                 Texts& texts) {
  using Line = Timeline::Line;
  json.key(name);
  json.open('{');
  json.deltas("at", lines, [](const Line& line) { return us(line.at); });
  json.column("node", lines, [](const Line& line) { return line.node.value(); });
  json.column("text", lines, [&](const Line& line) { return texts.number_of(line.text); });
  json.close('}');
}

std::string data_of(const Timeline& timeline, const PageHead& head) {
  JsonText json;
  Texts texts;
  json.open('{');
  write_head(json, timeline, head);
  write_gaps(json, timeline);
  write_messages(json, timeline);
  write_states(json, timeline);
  write_links(json, timeline);
  write_operations(json, timeline, texts);
  write_lines(json, "faults", timeline.faults(), texts);
  write_lines(json, "traces", timeline.traces(), texts);
  json.key("texts");
  json.open('[');
  for (const std::string& text : texts.values()) json.text(text);
  json.close(']');
  json.close('}');
  return json.take();
}

std::string escaped(std::string_view text) {
  std::string html;
  for (const char character : text) {
    switch (character) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      default:
        html += character;
    }
  }
  return html;
}

}  // namespace

std::string timeline_page(const Timeline& timeline, const PageHead& head) {
  constexpr std::string_view kTitle = "{{title}}";
  constexpr std::string_view kData = "{{data}}";
  const std::size_t title = kTimelinePage.find(kTitle);
  const std::size_t data = kTimelinePage.find(kData);
  const std::size_t after_title = title + kTitle.size();
  std::string page(kTimelinePage.substr(0, title));
  page += escaped(head.title);
  page += kTimelinePage.substr(after_title, data - after_title);
  page += data_of(timeline, head);
  page += kTimelinePage.substr(data + kData.size());
  return page;
}

std::expected<void, std::string> write_html(const std::string& path, const Timeline& timeline,
                                            const PageHead& head) {
  std::ofstream file(path, std::ios::binary);
  file << timeline_page(timeline, head);
  file.close();
  if (!file) return std::unexpected("can't write " + path + ": " + std::strerror(errno));
  return {};
}

}  // namespace holdfast::sim
