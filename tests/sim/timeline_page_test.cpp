#include "sim/timeline_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/observed_run.hpp"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
namespace json = boost::json;

// What the page's scripts read.
json::object data_in(const std::string& page) {
  const std::string begin = R"(<script type="application/json" id="run">)";
  const std::size_t from = page.find(begin) + begin.size();
  return json::parse(page.substr(from, page.find("</script>", from) - from)).as_object();
}

std::vector<std::int64_t> summed(const json::value& deltas) {
  std::vector<std::int64_t> values;
  std::int64_t last = 0;
  for (const json::value& delta : deltas.as_array())
    values.push_back(last += delta.to_number<std::int64_t>());
  return values;
}

TEST(TimelinePage, RunWithFaults_HasEveryRecord) {
  Timeline timeline;
  ObservedRun run(3, 2, &timeline);
  run.start();
  const NodeId leader = run.await_leader();
  run.cluster().run_for(1s);
  run.cluster().say("kill -9", leader);
  run.cluster().crash(leader, false);
  run.cluster().run_for(1s);
  run.cluster().partition({{NodeId(1)}, {NodeId(2)}, {NodeId(3)}});
  run.cluster().run_for(1s);

  const json::object data = data_in(timeline_page(timeline, {}));
  const json::object& messages = data.at("messages").as_object();
  const std::vector<std::int64_t> sent = summed(messages.at("sent"));
  ASSERT_EQ(sent.size(), timeline.messages().size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const Timeline::Message& message = timeline.messages()[i];
    ASSERT_EQ(Events::kStart + Duration(sent[i]), message.sent);
    const auto shape = messages.at("shape").at(i).to_number<std::size_t>();
    const json::array& parts = messages.at("shapes").at(shape).as_array();
    ASSERT_EQ(parts.at(0), json::value(message.from.value()));
    ASSERT_EQ(parts.at(1), json::value(message.to.value()));
    ASSERT_EQ(parts.at(2), json::value(message.kind));
    ASSERT_EQ(parts.at(3), json::value(static_cast<int>(message.fate)));
  }
  std::size_t states = 0;
  for (const json::value& node : data.at("nodes").as_array()) {
    states += node.at("at").as_array().size();
  }
  EXPECT_EQ(states, timeline.states().size());
  EXPECT_EQ(data.at("operations").at("called").as_array().size(), timeline.operations().size());
  EXPECT_EQ(data.at("traces").at("at").as_array().size(), timeline.traces().size());
  EXPECT_EQ(data.at("links").at("at").as_array().size(), 6u);
  const json::value& text = data.at("faults").at("text").at(0);
  EXPECT_EQ(data.at("texts").at(text.to_number<std::size_t>()).as_string(), "kill -9");
}

TEST(TimelinePage, FieldsOfMessages_AreDifferencesByKind) {
  Timeline timeline;
  for (std::uint64_t term = 5; term <= 9; term += 2) {
    const wire::PeerMessage message(raft::TimeoutNow{.term = Term(term)});
    timeline.message(
        {term, NodeId(1), NodeId(2), Instant(2s), Instant(3s), Fate::kArrives, message});
  }
  const json::object data = data_in(timeline_page(timeline, {}));
  EXPECT_EQ(json::serialize(data.at("kinds")), R"([["TimeoutNow","term"]])");
  EXPECT_EQ(json::serialize(data.at("messages").at("values")), "[[[5,2,2]]]");
}

TEST(TimelinePage, TextsThatEndTheScript_AreEscaped) {
  Timeline timeline;
  const std::string evil = "</script><script>alert(1)</script><!-- \" \\ \x01 \n";
  timeline.operation({.client = 1, .command = evil, .called = Instant(2s)});
  const std::string page =
      timeline_page(timeline, {.title = "</title><script>", .verdict = evil, .failed = true});
  EXPECT_THAT(page, Not(HasSubstr("alert(1)</script>")));
  EXPECT_THAT(page, Not(HasSubstr("</title><script>")));
  EXPECT_THAT(page, HasSubstr("<title>&lt;/title>&lt;script></title>"));
  const json::object data = data_in(page);
  EXPECT_EQ(data.at("verdict").as_string(), evil);
  EXPECT_EQ(data.at("texts").at(0).as_string(), evil);
}

TEST(TimelinePage, Template_IsOnePieceWithoutPlacesLeft) {
  const std::string page = timeline_page(Timeline(), {.title = "{{data}}"});
  EXPECT_THAT(page, HasSubstr("<title>{{data}}</title>"));
  EXPECT_THAT(page, Not(HasSubstr("{{title}}")));
  EXPECT_THAT(page, Not(HasSubstr("<script src")));
  EXPECT_THAT(page, Not(HasSubstr("rel=\"stylesheet\"")));
  EXPECT_THAT(page, Not(HasSubstr("http://")));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
}

TEST(TimelinePage, Violation_IsAtItsTimeElseAtTheEnd) {
  Timeline timeline;
  timeline.fault(Instant(5s), "bit rot", NodeId(2));
  EXPECT_EQ(data_in(timeline_page(timeline, {})).at("failed_at"), json::value(nullptr));
  EXPECT_EQ(data_in(timeline_page(timeline, {.failed = true})).at("failed_at"),
            json::value(4'000'000));
  const PageHead head{.failed = true, .failed_at = Instant(3s)};
  EXPECT_EQ(data_in(timeline_page(timeline, head)).at("failed_at"), json::value(2'000'000));
}

TEST(TimelinePage, WrittenToAFile_IsThePage) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("holdfast-timeline-" + std::to_string(getpid()) + ".html");
  Timeline timeline;
  timeline.fault(Instant(5s), "bit rot", NodeId(2));
  ASSERT_TRUE(write_html(path, timeline, {}));
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), timeline_page(timeline, {}));
  std::filesystem::remove(path);
}

TEST(TimelinePage, FileThatCannotBeWritten_SaysWhy) {
  const auto written = write_html("/nowhere/timeline.html", Timeline(), {});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error(), "can't write /nowhere/timeline.html: No such file or directory");
}

}  // namespace
}  // namespace holdfast::sim
