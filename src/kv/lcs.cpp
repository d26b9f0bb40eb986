#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "kv/answers.hpp"
#include "kv/integer.hpp"
#include "kv/text.hpp"

// LCS: the longest common subsequence of two values.

namespace holdfast::kv {
namespace {

// Of the table of lengths, four bytes for each pair of positions.
constexpr std::size_t kTableBytesMax = 64 << 20;

struct LcsOptions {
  bool length = false;
  bool matches = false;
  bool match_lengths = false;
  std::int64_t shortest_match = 0;
};

std::optional<Reply> parse_lcs_options(Args words, LcsOptions& out) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (same_word(words[i], "len")) {
      out.length = true;
    } else if (same_word(words[i], "idx")) {
      out.matches = true;
    } else if (same_word(words[i], "withmatchlen")) {
      out.match_lengths = true;
    } else if (same_word(words[i], "minmatchlen") && i + 1 < words.size()) {
      const auto shortest = parse_integer(words[++i]);
      if (!shortest) return not_an_integer();
      out.shortest_match = std::max<std::int64_t>(*shortest, 0);
    } else {
      return syntax_error();
    }
  }
  if (out.length && out.matches) {
    return Reply::error("ERR If you want both the length and indexes, please just use IDX.");
  }
  return std::nullopt;
}

// A run of bytes that is common to both, and where it begins in each.
struct Match {
  std::size_t a = 0;
  std::size_t b = 0;
  std::size_t size = 0;
};

class CommonSubsequence {
 public:
  CommonSubsequence(std::string_view a, std::string_view b)
      : a_(a), b_(b), lengths_((a.size() + 1) * (b.size() + 1)) {
    for (std::size_t i = 1; i <= a.size(); ++i) {
      for (std::size_t j = 1; j <= b.size(); ++j) {
        at(i, j) =
            a[i - 1] == b[j - 1] ? at(i - 1, j - 1) + 1 : std::max(at(i - 1, j), at(i, j - 1));
      }
    }
  }

  std::size_t size() const { return lengths_.back(); }

  // From the end on, as Redis lists them.
  std::vector<Match> matches() const {
    std::vector<Match> found;
    bool goes_on = false;
    for (std::size_t i = a_.size(), j = b_.size(); i > 0 && j > 0;) {
      if (a_[i - 1] == b_[j - 1]) {
        --i, --j;
        if (!goes_on) found.push_back({});
        found.back() = {i, j, found.back().size + 1};
        goes_on = true;
        continue;
      }
      at(i - 1, j) > at(i, j - 1) ? --i : --j;
      goes_on = false;
    }
    return found;
  }

 private:
  std::uint32_t& at(std::size_t i, std::size_t j) { return lengths_[i * (b_.size() + 1) + j]; }
  std::uint32_t at(std::size_t i, std::size_t j) const { return lengths_[i * (b_.size() + 1) + j]; }

  std::string_view a_;
  std::string_view b_;
  std::vector<std::uint32_t> lengths_;  // of what is common to the first i and the first j bytes
};

Reply range_reply(std::size_t first, std::size_t size) {
  return Reply::array({size_reply(first), size_reply(first + size - 1)});
}

Reply list_matches(const CommonSubsequence& common, const LcsOptions& options) {
  Reply::Array list;
  for (const Match& match : common.matches()) {
    if (static_cast<std::int64_t>(match.size) < options.shortest_match) continue;
    Reply::Array item{range_reply(match.a, match.size), range_reply(match.b, match.size)};
    if (options.match_lengths) item.push_back(size_reply(match.size));
    list.push_back(Reply::array(std::move(item)));
  }
  return Reply::map({Reply::bulk("matches"), Reply::array(std::move(list)), Reply::bulk("len"),
                     size_reply(common.size())});
}

std::string text_of(const CommonSubsequence& common, std::string_view a) {
  std::string text;
  const auto matches = common.matches();
  for (auto match = matches.rbegin(); match != matches.rend(); ++match) {
    text += a.substr(match->a, match->size);
  }
  return text;
}

}  // namespace

Reply do_lcs(const Keyspace& keyspace, Args args) {
  LcsOptions options;
  if (auto error = parse_lcs_options(args.subspan(3), options)) return std::move(*error);
  const std::string_view a = view_or_empty(keyspace.find(args[1]));
  const std::string_view b = view_or_empty(keyspace.find(args[2]));
  if ((a.size() + 1) * (b.size() + 1) > kTableBytesMax / sizeof(std::uint32_t)) {
    return Reply::error("ERR LCS would need more memory than " + std::to_string(kTableBytesMax) +
                        " bytes");
  }
  const CommonSubsequence common(a, b);
  if (options.matches) return list_matches(common, options);
  return options.length ? size_reply(common.size()) : Reply::bulk(text_of(common, a));
}

}  // namespace holdfast::kv
