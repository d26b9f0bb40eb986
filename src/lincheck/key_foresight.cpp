#include "lincheck/key_foresight.hpp"

#include <algorithm>
#include <bit>

namespace holdfast::lincheck {

namespace {

// Values that repeat may fit everywhere; then it is not worth the while.
std::size_t ways_max(const Key& key) {
  return 1024 + 8 * std::size_t{key.actions()};
}

}  // namespace

KeyForesight::KeyForesight(const Key& key)
    : key_(key), owned_(key.actions()), is_unseen_(key.actions()) {
  find_starts();
  // An incr may make any number, so nothing is certain with one about.
  if (!key.contents_matter()) find_spots();
  find_observers();
  find_unseen();
}

void KeyForesight::find_starts() {
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> put_starts;
  std::vector<std::vector<std::uint32_t>> puts_on(key_.tree().nodes());
  bool has_incr = false;
  bool has_del = false;
  for (ActionId id = 0; id < key_.actions(); ++id) {
    std::uint32_t start = Touch::kNoStart;
    switch (key_.action(id).kind) {
      case Kind::kIncr:
        start = kIncrStart;
        has_incr = true;
        break;
      case Kind::kDel:
        start = kDelStart;
        has_del = true;
        break;
      case Kind::kPut: {
        start = kOtherStart;
        const State target = key_.target(id);
        if (!Key::is_place(target)) break;
        const auto [known, is_new] =
            put_starts.try_emplace(std::bit_cast<std::uint64_t>(target), starts_);
        if (is_new) puts_on[target.node].push_back(starts_++);
        start = known->second;
        break;
      }
      case Kind::kAppend:
      case Kind::kGet:
      case Kind::kMset:
      case Kind::kMget:
      case Kind::kPersist:
        break;
    }
    start_of_.push_back(start);
  }
  std::vector<std::uint32_t>& root = puts_on[0];
  if (has_incr) root.push_back(kIncrStart);
  if (has_del) root.push_back(kDelStart);
  add_starts(puts_on);
}

// A node's values begin with what was put on the way to it. Nodes without a put of their own share
// the list of the node above.
void KeyForesight::add_starts(const std::vector<std::vector<std::uint32_t>>& puts_on) {
  const ValueTree& tree = key_.tree();
  list_of_node_.resize(tree.nodes());
  for (const std::uint32_t node : tree.preorder()) {
    const std::uint32_t parent = tree.parent(node);
    const std::uint32_t above = parent == ValueTree::kNone ? 0 : list_of_node_[parent];
    if (parent != ValueTree::kNone && (puts_on[node].empty() || above == kNone)) {
      list_of_node_[node] = above;
      continue;
    }
    std::vector<std::uint32_t> list;
    if (parent != ValueTree::kNone) list = start_lists_[above];
    list.insert(list.end(), puts_on[node].begin(), puts_on[node].end());
    if (list.size() > kStartsMax) {
      list_of_node_[node] = kNone;
      if (parent == ValueTree::kNone) start_lists_.emplace_back();
      continue;
    }
    list_of_node_[node] = static_cast<std::uint32_t>(start_lists_.size());
    start_lists_.push_back(std::move(list));
  }
}

std::uint32_t KeyForesight::start_of(ActionId action) const {
  return start_of_[action];
}

Starts KeyForesight::starts_for(ActionId id) const {
  const Key::Action& action = key_.action(id);
  std::optional<State> needed;
  if (action.kind == Kind::kGet && action.has_output) needed = key_.target(id);
  if (action.kind == Kind::kIncr && action.has_output) needed = key_.before(id);
  if (!needed) return std::nullopt;
  static constexpr std::array<std::uint32_t, 1> kToMissing{kDelStart};
  if (*needed == Key::missing()) return kToMissing;
  const std::uint32_t list = list_of_node_[needed->node];
  if (list == kNone) return std::nullopt;
  return start_lists_[list];
}

// Goes through all places that writes can lead to, from the empty value and the puts.
void KeyForesight::find_spots() {
  ValueTree values;
  std::vector<ValueTree::Terminal> value_of(key_.actions());
  for (ActionId id = 0; id < key_.actions(); ++id) {
    const Key::Action& action = key_.action(id);
    if (action.kind == Kind::kAppend) value_of[id] = values.insert(action.value);
  }
  values.finish();
  // The empty value is where all that is missing begins: no operation's own.
  add_way(ValueTree::root(), kNone, 2, kNone);
  for (ActionId id = 0; id < key_.actions(); ++id) {
    const Key::Action& action = key_.action(id);
    if (action.kind == Kind::kPut && Key::is_place(key_.target(id))) {
      add_way(key_.target(id), id, 1, kNone);
    }
    if (action.kind != Kind::kAppend || action.value.empty()) continue;
    Appends& appends = appends_[value_of[id]];
    appends.action = id;
    ++appends.count;
  }
  std::uint32_t spot = 0;
  while (spot < spots_.size() && follow_appends(spot, values)) ++spot;
  const bool gave_up = spot < spots_.size();
  if (gave_up) {
    spots_.clear();
    spot_at_.clear();
  }
  fits_.assign(key_.actions(), true);
  for (ActionId id = 0; id < key_.actions() && !gave_up; ++id) {
    if (key_.action(id).kind == Kind::kAppend) fits_[id] = appends_[value_of[id]].fits;
  }
  find_owners();
}

void KeyForesight::find_owners() {
  for (std::uint32_t number = 0; number < spots_.size(); ++number) {
    Spot& spot = spots_[number];
    if (spot.ways != 1) {
      spot.only = kNone;
      continue;
    }
    owned_[spot.only].push_back(number);
    const std::uint32_t above = spot.from == kNone ? kNone : spots_[spot.from].top;
    spot.top = above == kNone ? number : above;
  }
}

// Goes down both trees at once.
bool KeyForesight::follow_appends(std::uint32_t spot, const ValueTree& values) {
  struct Pair {
    std::uint32_t value;
    State place;
  };
  std::vector<Pair> open{{0, spots_[spot].place}};
  while (!open.empty()) {
    const Pair pair = open.back();
    open.pop_back();
    for (std::uint32_t child = values.first_child(pair.value); child != ValueTree::kNone;
         child = values.sibling(child)) {
      const auto place = key_.tree().walk(pair.place, values.edge(child));
      if (!place) continue;
      open.push_back({child, *place});
      const auto appends = appends_.find(child);
      if (appends == appends_.end()) continue;
      appends->second.fits = true;
      add_way(*place, appends->second.action, appends->second.count, spot);
      if (++ways_ > ways_max(key_)) return false;
    }
  }
  return true;
}

void KeyForesight::add_way(State place, ActionId action, std::uint32_t count, std::uint32_t from) {
  const auto [known, is_new] = spot_at_.try_emplace(std::bit_cast<std::uint64_t>(place),
                                                    static_cast<std::uint32_t>(spots_.size()));
  if (is_new) spots_.push_back({place, 0, action, from, kNone, kNone});
  spots_[known->second].ways += count;
}

void KeyForesight::find_observers() {
  const ValueTree& tree = key_.tree();
  std::vector<std::vector<OpId>> gets_at(tree.nodes());
  for (ActionId id = 0; id < key_.actions(); ++id) {
    const Key::Action& action = key_.action(id);
    if (action.kind != Kind::kGet || !action.has_output) continue;
    if (!Key::is_place(key_.target(id))) continue;
    gets_at[key_.target(id).node].push_back(action.op);
    const auto spot = spot_at_.find(std::bit_cast<std::uint64_t>(key_.target(id)));
    if (spot == spot_at_.end()) continue;
    ActionId& last = spots_[spot->second].last;
    last = later(last, id);
  }
  // A spot is found after the one it comes from.
  for (auto spot = spots_.rbegin(); spot != spots_.rend(); ++spot) {
    if (spot->only == kNone || spot->from == kNone) continue;
    ActionId& last = spots_[spot->from].last;
    last = later(last, spot->last);
  }
  const std::vector<std::uint32_t> order = tree.preorder();
  gets_below_.resize(tree.nodes());
  for (const std::uint32_t node : order) {
    gets_below_[node].begin = static_cast<std::uint32_t>(gets_.size());
    gets_.insert(gets_.end(), gets_at[node].begin(), gets_at[node].end());
    gets_below_[node].end = static_cast<std::uint32_t>(gets_.size());
  }
  for (auto node = order.rbegin(); node != order.rend(); ++node) {
    if (const std::uint32_t parent = tree.parent(*node); parent != ValueTree::kNone) {
      gets_below_[parent].end = std::max(gets_below_[parent].end, gets_below_[*node].end);
    }
  }
}

void KeyForesight::find_unseen() {
  gets_alone_observe_ = !key_.lengths_matter() && !key_.contents_matter();
  for (ActionId id = 0; id < key_.actions(); ++id) {
    const Key::Action& action = key_.action(id);
    // How many keys it found.
    if (action.kind == Kind::kDel && action.has_output) gets_alone_observe_ = false;
    if (key_.contents_matter()) continue;
    if (action.kind == Kind::kPut) is_unseen_[id] = Key::is_other(key_.target(id));
    if (action.kind == Kind::kAppend) is_unseen_[id] = !action.value.empty() && !fits_[id];
  }
}

KeyForesight::ActionId KeyForesight::later(ActionId a, ActionId b) const {
  if (a == kNone || b == kNone) return a == kNone ? b : a;
  return key_.action(a).rank < key_.action(b).rank ? b : a;
}

OpId KeyForesight::op_of(ActionId action) const {
  return action == kNone ? kNoOp : key_.action(action).op;
}

Doomed KeyForesight::doomed(State before, ActionId action, State after) const {
  Doomed doomed{kNoOp, kNoOp};
  // What has seen an operation of the way here can't see it on another way.
  if (const auto known = spot_at_.find(std::bit_cast<std::uint64_t>(before));
      known != spot_at_.end()) {
    const std::uint32_t top = spots_[known->second].top;
    if (top != kNone &&
        !(Key::is_place(after) && key_.tree().is_beginning(spots_[top].place, after))) {
      doomed[0] = op_of(spots_[top].last);
    }
  }
  // Nor can who must have seen this operation elsewhere.
  for (const std::uint32_t spot : owned_[action]) {
    if (spots_[spot].place != after) doomed[1] = op_of(spots_[spot].last);
  }
  return doomed;
}

Observers KeyForesight::observers_of(State state) const {
  if (Key::is_other(state)) return std::span<const OpId>();
  if (!Key::is_place(state)) return std::nullopt;
  const Range range = gets_below_[state.node];
  return std::span(gets_).subspan(range.begin, range.end - range.begin);
}

}  // namespace holdfast::lincheck
