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
  EXPECT_THAT(with([](Options& o) { o.cluster[NodeId(2)].host = std::string(256, 'a'); }),
              HasSubstr("longer than 255"));
  EXPECT_THAT(with([](Options& o) { o.cluster[NodeId(1 << 20)] = {"d", 4}; }), HasSubstr("65535"));
  EXPECT_THAT(with([](Options& o) { o.pending_bytes_max = 1; }), HasSubstr("--max-pending-bytes"));
  EXPECT_THAT(with([](Options& o) { --(o.pending_bytes_max = 0); }), HasSubstr("1 TiB"));
  EXPECT_THAT(with([](Options& o) { o.key_bytes_max = 0; }), HasSubstr("--max-key-bytes"));
  EXPECT_THAT(with([](Options& o) { o.value_bytes_max = 1ull << 30; }), HasSubstr("512 MiB"));
  EXPECT_THAT(with([](Options& o) { o.segment_bytes = 10; }), HasSubstr("--segment-bytes"));
  EXPECT_THAT(with([](Options& o) { o.max_clients = 0; }), HasSubstr("--max-clients"));
}

TEST(Options, TimesThatMakeNoSense_AreNamed) {
  const auto with = [](Duration heartbeat, Duration min, Duration max, Duration request) {
    Options options = valid();
    options.heartbeat_interval = heartbeat;
    options.election_timeout_min = min;
    options.election_timeout_max = max;
    options.request_timeout = request;
    return complaint(options);
  };
  EXPECT_EQ(with(1ms, 3ms, 5ms, 5ms), "");
  EXPECT_EQ(with(20s, 60s, 60s + 0ms, 1h),
            "--election-timeout-max must be at least 1.5 times "
            "--election-timeout-min, or candidates would disturb "
            "each other");
  EXPECT_EQ(with(13s, 40s, 60s, 1h), "");
  EXPECT_THAT(with(0ms, 300ms, 600ms, 1s), HasSubstr("at least 1 ms"));
  EXPECT_THAT(with(-60ms, 300ms, 600ms, 1s), HasSubstr("at least 1 ms"));
  EXPECT_THAT(with(100ms, 299ms, 600ms, 1s), HasSubstr("three times --heartbeat-interval"));
  EXPECT_THAT(with(60ms, -300ms, 600ms, 1s), HasSubstr("three times --heartbeat-interval"));
  EXPECT_THAT(with(60ms, 300ms, 449ms, 1s), HasSubstr("1.5 times"));
  EXPECT_THAT(with(60ms, 300ms, -600ms, 1s), HasSubstr("1.5 times"));
  EXPECT_THAT(with(60ms, 300ms, 600ms, 599ms), HasSubstr("--request-timeout must be at least"));
  EXPECT_THAT(with(60ms, 300ms, 61s, 2min), HasSubstr("at most 1m"));
  EXPECT_THAT(with(60ms, 300ms, 600ms, 61min), HasSubstr("at most 1h"));
  // What they are multiplied by must not overflow.
  EXPECT_THAT(with(Duration::max(), 300ms, 600ms, 1s), HasSubstr("at most 1m"));
  EXPECT_THAT(with(60ms, Duration::max(), 600ms, 1s), HasSubstr("at most 1m"));
  EXPECT_THAT(with(60ms, 300ms, 600ms, Duration::max()), HasSubstr("at most 1h"));
}

TEST(Options, OfANodeThatJoins_NameNoMembers) {
  Options options;
  options.data = "/data";
  options.id = NodeId(4);
  options.join = {{"a", 1}, {"b", 2}};
  EXPECT_EQ(complaint(options), "");
  EXPECT_FALSE(complete_and_check(options));
  EXPECT_TRUE(options.cluster.empty());
  const Address bound{"10.0.0.4", 7};
  EXPECT_EQ(advertised_address(options, {"0.0.0.0", 7}), (Address{"0.0.0.0", 7}));
  EXPECT_EQ(advertised_peer_address(options, bound), bound);
  EXPECT_TRUE(first_membership(options, bound).members.empty());

  const auto with = [&](auto change) {
    Options changed = options;
    change(changed);
    return complaint(changed);
  };
  EXPECT_THAT(with([](Options& o) { o.cluster = valid().cluster; }),
              HasSubstr("--cluster exclude"));
  EXPECT_THAT(with([](Options& o) { o.cluster_name = "shop"; }), HasSubstr("--cluster-name excl"));
  EXPECT_THAT(with([](Options& o) { o.peer_listen.host = "0.0.0.0"; }),
              HasSubstr("--advertise-peer must name one"));
  EXPECT_EQ(with([](Options& o) {
              o.peer_listen.host = "::";
              o.advertise_peer = Address{"d", 4};
            }),
            "");
}

TEST(Options, AddressesToBeTold_MustLeadHere) {
  const auto with = [](auto change) {
    Options options = valid();
    change(options);
    return complaint(options);
  };
  EXPECT_EQ(with([](Options& o) { o.advertise_peer = Address{"a", 1}; }), "");
  EXPECT_THAT(with([](Options& o) {
                o.advertise_peer = Address{"z", 1};
              }),
              HasSubstr("--cluster says that this node is at a:1"));
  EXPECT_THAT(with([](Options& o) {
                o.advertise_peer = Address{"0.0.0.0", 1};
              }),
              HasSubstr("--advertise-peer needs"));
  EXPECT_THAT(with([](Options& o) {
                o.advertise = Address{"a", 0};
              }),
              HasSubstr("--advertise needs"));
}

TEST(ParseAddresses, MalformedParts_AreQuoted) {
  std::string error;
  EXPECT_EQ(parse_addresses("a:1,[::1]:2", error), (std::vector<Address>{{"a", 1}, {"::1", 2}}));
  for (const char* text : {"", "a", "a:0", "a:1,", ",a:1", "a:1,,b:2"}) {
    EXPECT_FALSE(parse_addresses(text, error)) << text;
    EXPECT_THAT(error, HasSubstr("is not HOST:PORT")) << text;
  }
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

TEST(AdvertisedPeerAddress, IsThatOfTheCluster_ElseWhereTheNodeListens) {
  Options options = valid();
  const Address bound{"10.0.0.1", 7};
  EXPECT_EQ(advertised_peer_address(options, bound), (Address{"a", 1}));
  options.cluster = {{NodeId(1), {"0.0.0.0", 16379}}};
  EXPECT_EQ(advertised_peer_address(options, bound), bound);
  options.cluster = {{NodeId(1), {"127.0.0.1", 0}}};
  EXPECT_EQ(advertised_peer_address(options, bound), bound);
  options.advertise_peer = Address{"public", 9};
  EXPECT_EQ(advertised_peer_address(options, bound), (Address{"public", 9}));
}

// A node alone may listen on any address and port; those that join it need the real one.
TEST(FirstMembership, HasTheNodesOfTheCluster_AndThisOneWhereItIs) {
  Options options = valid();
  EXPECT_EQ(to_string(first_membership(options, {"a", 1})), "1=a:1,2=b:2,3=c:3");
  options.cluster = {{NodeId(1), {"0.0.0.0", 0}}};
  const auto membership = first_membership(options, {"public", 9});
  EXPECT_EQ(to_string(membership), "1=public:9");
  EXPECT_TRUE(membership.is_voter(NodeId(1)));
}

}  // namespace
}  // namespace holdfast::server
