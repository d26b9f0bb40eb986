#include "server/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::server {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

Options valid() {
  Options options;
  options.data = "/data";
  std::string error;
  options.cluster = *parse_cluster("1=a:1,2=b:2,3=c:3", error);
  return options;
}

std::string complaint(Options options) {
  return complete_and_check(options).value_or("");
}

TEST(Options, AsGiven_AreFine) {
  EXPECT_EQ(complaint(valid()), "");
}

TEST(Options, WithoutACluster_AreANodeAlone) {
  Options options;
  options.data = "/data";
  EXPECT_FALSE(complete_and_check(options));
  EXPECT_EQ(options.cluster.size(), 1u);
  EXPECT_TRUE(options.cluster.contains(options.id));
}

TEST(Options, ThatContradictEachOther_AreNamed) {
  const auto with = [](auto change) {
    Options options = valid();
    change(options);
    return complaint(options);
  };
  EXPECT_THAT(with([](Options& o) { o.id = NodeId(4); }), HasSubstr("no address for this node"));
  EXPECT_THAT(with([](Options& o) { o.id = NodeId(); }), HasSubstr("--id"));
  EXPECT_THAT(with([](Options& o) { o.data.clear(); }), HasSubstr("--data"));
  EXPECT_THAT(with([](Options& o) { o.cluster[NodeId(2)] = {"a", 1}; }), HasSubstr("a:1"));
  EXPECT_THAT(with([](Options& o) { o.cluster[NodeId(2)].port = 0; }), HasSubstr("needs a port"));
  EXPECT_THAT(with([](Options& o) { o.heartbeat_interval = 200ms; }), HasSubstr("three times"));
  EXPECT_THAT(with([](Options& o) { o.election_timeout_max = 350ms; }), HasSubstr("1.5 times"));
  EXPECT_THAT(with([](Options& o) { o.request_timeout = 100ms; }), HasSubstr("--request-timeout"));
  EXPECT_THAT(with([](Options& o) { o.cluster[NodeId(1 << 20)] = {"d", 4}; }), HasSubstr("65535"));
  EXPECT_THAT(with([](Options& o) { o.pending_bytes_max = 1; }), HasSubstr("--max-pending-bytes"));
  EXPECT_THAT(with([](Options& o) { --(o.pending_bytes_max = 0); }), HasSubstr("1 TiB"));
  EXPECT_THAT(with([](Options& o) { o.key_bytes_max = 0; }), HasSubstr("--max-key-bytes"));
  EXPECT_THAT(with([](Options& o) { o.value_bytes_max = 1ull << 30; }), HasSubstr("512 MiB"));
  EXPECT_THAT(with([](Options& o) { o.segment_bytes = 10; }), HasSubstr("--segment-bytes"));
  EXPECT_THAT(with([](Options& o) { o.max_clients = 0; }), HasSubstr("--max-clients"));
}

TEST(ParseCluster, MalformedParts_AreQuoted) {
  for (const char* text : {"", "1", "1=", "=a:1", "1=a", "x=a:1", "1=a:1,", "1=a:1,,2=b:2", "0=a:1",
                           "1=a:99999", "-1=a:1"}) {
    std::string error;
    EXPECT_FALSE(parse_cluster(text, error)) << text;
    EXPECT_THAT(error, HasSubstr("ID=HOST:PORT")) << text;
  }
}

TEST(ClusterId, OfTheSameNodesOrName_IsTheSame) {
  Options a = valid();
  Options b = valid();
  b.id = NodeId(2);
  EXPECT_EQ(cluster_id(a), cluster_id(b));
  b.cluster[NodeId(3)].port = 9;
  EXPECT_NE(cluster_id(a), cluster_id(b));
  a.cluster_name = b.cluster_name = "shop";
  EXPECT_EQ(cluster_id(a), cluster_id(b)) << "a name outlives a change of addresses";
}

// Kills: a node of three that is started again without --cluster, is taken for a cluster of one
// under the same name, and acknowledges writes alone.
TEST(ClusterId, OfOtherNodes_IsAnotherWhateverTheName) {
  Options three = valid();
  three.cluster_name = "shop";
  Options one = three;
  one.cluster = {{NodeId(1), three.cluster.at(NodeId(1))}};
  EXPECT_NE(cluster_id(one), cluster_id(three));
}

TEST(AdvertisedAddress, OfAWildcard_IsTheHostOfTheCluster) {
  Options options = valid();
  EXPECT_EQ(advertised_address(options, {"10.0.0.1", 7}), (Address{"10.0.0.1", 7}));
  EXPECT_EQ(advertised_address(options, {"0.0.0.0", 7}), (Address{"a", 7}));
  options.advertise = Address{"public", 9};
  EXPECT_EQ(advertised_address(options, {"0.0.0.0", 7}), (Address{"public", 9}));
}

}  // namespace
}  // namespace holdfast::server
