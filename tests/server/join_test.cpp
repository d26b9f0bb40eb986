#include "server/join.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "resp/reply_writer.hpp"
#include "resp/request_parser.hpp"
#include "server/asio.hpp"

namespace holdfast::server {
namespace {

using resp::ReplyWriter;

struct Standing {
  std::string_view role;
  std::int64_t term = 0, commit_index = 0;
};

// A member as it looks to clients, in a thread of its own. It has no members to tell of.
class Member {
 public:
  // Called in the member's thread: what it is, and that it was asked to add somebody.
  Member(std::int64_t id, std::function<Standing()> standing, std::function<void()> add)
      : id_(id), standing_(std::move(standing)), add_(std::move(add)) {
    accept();
    thread_ = std::jthread([this] { io_.run(); });
  }
  ~Member() { io_.stop(); }

  Address address() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }

 private:
  struct Client {
    explicit Client(asio::io_context& io) : socket(io) {}
    tcp::socket socket;
    std::array<char, 1024> bytes{};
    resp::RequestParser parser;
  };

  void accept() {
    auto client = std::make_shared<Client>(io_);
    acceptor_.async_accept(client->socket, [this, client](const ErrorCode& error) {
      if (error) return;
      read(client);
      accept();
    });
  }
  void read(const std::shared_ptr<Client>& client) {
    client->socket.async_read_some(
        asio::buffer(client->bytes), [this, client](const ErrorCode& error, std::size_t size) {
          if (error) return;
          client->parser.feed({client->bytes.data(), size});
          while (client->parser.next() == resp::RequestParser::Event::kCommand) {
            asio::write(client->socket, asio::buffer(answer(client->parser.args()[1])));
          }
          read(client);
        });
  }
  std::string answer(std::string_view subcommand) {
    std::string reply;
    ReplyWriter out(reply, resp::Protocol::kResp2);
    if (subcommand == "ADD") {
      add_();
      out.status("OK");
    } else if (subcommand == "MEMBERS") {
      out.array(0);
    } else {
      const Standing standing = standing_();
      out.map(5);
      out.bulk("id"), out.integer(id_);
      out.bulk("role"), out.bulk(standing.role);
      out.bulk("term"), out.integer(standing.term);
      out.bulk("commit_index"), out.integer(standing.commit_index);
      out.bulk("membership_settled"), out.integer(1);
    }
    return reply;
  }

  std::int64_t id_;
  std::function<Standing()> standing_;
  std::function<void()> add_;
  asio::io_context io_;
  tcp::acceptor acceptor_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::jthread thread_;
};

Options joining(const std::vector<Address>& members) {
  Options options;
  options.id = NodeId(4);
  options.join = members;
  options.join_as_learner = true;
  return options;
}

const Address kOwnAddress{"127.0.0.1", 1};

// Kills: asking, after the addition, whoever says that it leads.
TEST(BeAdded, DeposedLeaderThatWakesUp_DoesNotNameThePosition) {
  std::atomic<bool> added = false;
  Member deposed(
      1,
      [&] {
        return added ? Standing{"leader", 6, 10} : Standing{"follower", 6, 10};
      },
      [] {});
  Member leader(
      2,
      [] {
        return Standing{"leader", 7, 30};
      },
      [&] { added = true; });
  const auto state = be_added(joining({deposed.address(), leader.address()}), kOwnAddress);
  ASSERT_TRUE(state) << state.error();
  EXPECT_EQ(state->term, Term(7));
  EXPECT_EQ(state->voted_for, NodeId(2));
  EXPECT_EQ(state->votes_from, (raft::Position{Index(30), Term(7)}));
}

TEST(BeAdded, LeaderDeposedSinceItAddedTheNode_IsNotBelieved) {
  std::atomic<int> additions = 0;
  Member first(
      1,
      [&] {
        return additions == 0 ? Standing{"leader", 6, 10} : Standing{"follower", 7, 10};
      },
      [&] { ++additions; });
  Member second(
      2,
      [&] {
        return additions == 0 ? Standing{"follower", 6, 9} : Standing{"leader", 7, 12};
      },
      [&] { ++additions; });
  const auto state = be_added(joining({first.address(), second.address()}), kOwnAddress);
  ASSERT_TRUE(state) << state.error();
  EXPECT_EQ(additions, 2);
  EXPECT_EQ(state->votes_from, (raft::Position{Index(12), Term(7)}));
}

// Its log may end before the addition.
TEST(WasRemoved, LeaderOfAnEarlierTerm_IsNotBelieved) {
  Member leader(
      1,
      [] {
        return Standing{"leader", 7, 30};
      },
      [] {});
  const Options options = joining({leader.address()});
  EXPECT_TRUE(was_removed(options, {Index(30), Term(7)}, {}));
  EXPECT_TRUE(was_removed(options, {Index(31), Term(6)}, {}));
  EXPECT_FALSE(was_removed(options, {Index(31), Term(7)}, {}));
  EXPECT_FALSE(was_removed(options, {Index(1), Term(8)}, {}));
}

}  // namespace
}  // namespace holdfast::server
