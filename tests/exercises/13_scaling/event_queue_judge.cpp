#include <algorithm>
#include <deque>
#include <map>

#include "tests/exercises/judge.h"

namespace {

std::string text(int number) { return std::to_string(number); }

struct Action {
  char kind;  // 'c', 's', 'r'
  int peer = 0, amount = 1;
};
Action compute(int amount) { return {'c', 0, amount}; }
Action send(int peer, int amount) { return {'s', peer, amount}; }
Action receive(int peer) { return {'r', peer}; }

using Program = std::vector<Action>;
using Times = std::vector<std::vector<int>>;  // (ranks, actions)

struct Place {
  int rank = -1, action = -1;
  bool operator==(const Place&) const = default;
};

struct Cluster {
  int ranks_per_node, per_kib, latency;
  std::vector<Program> programs;

  int ranks() const { return int(programs.size()); }
  int node_of(int rank) const { return rank / ranks_per_node; }
  const Action& at(Place p) const { return programs[size_t(p.rank)][size_t(p.action)]; }
  bool needs_card(Place p) const { return at(p).kind == 's' && node_of(p.rank) != node_of(at(p).peer); }

  std::string name(Place p) const {
    const Action& action = at(p);
    return "action " + text(p.action) + " of rank " + text(p.rank) +
           (action.kind == 'c'   ? " (compute)"
            : action.kind == 's' ? " (send to rank " + text(action.peer) + ")"
                                 : " (receive from rank " + text(action.peer) + ")");
  }
  std::string in_words(int factor) const {
    std::string words = " (" + text(ranks_per_node) + (ranks_per_node == 1 ? " rank" : " ranks") +
                        " per node, " + text(per_kib * factor) + " us per KiB, latency " +
                        text(latency * factor);
    size_t actions = 0;
    for (const Program& program : programs) actions += program.size();
    if (actions > 16) return words + "; " + text(ranks()) + " ranks, " + text(int(actions)) + " actions)";
    for (int r = 0; r < ranks(); ++r) {
      words += "; rank " + text(r) + ":";
      for (const Action& action : programs[size_t(r)])
        words += (&action == &programs[size_t(r)][0] ? " " : ", ") +
                 (action.kind == 'c'   ? "compute " + text(action.amount)
                  : action.kind == 's' ? "send " + text(action.amount) + " to " + text(action.peer)
                                       : "receive from " + text(action.peer));
      if (programs[size_t(r)].empty()) words += " nothing";
    }
    return words + ")";
  }
};

// What is right, one microsecond after another: in each of them, every rank does what it can, the lowest rank first. That
// takes as long as time is long, so times here are short, and where they are to be long they are multiplied.
class Right {
 public:
  struct Done {
    int came = -1;  // the rank to the action
    int over = -1;
    int there = -1;        // the message, of a send or a receive
    int card = -1;         // free from then on, of a send
    Place before, sender;  // that had the card; whose message is received
  };

  explicit Right(const Cluster& c)
      : c_(c),
        next_(c.programs.size()),
        free_(c.programs.size()),
        card_(c.programs.size()),
        last_(c.programs.size()) {
    for (const Program& program : c.programs) done_.emplace_back(program.size());
    for (int now = 0; !stands_still(); ++now)
      for (int rank = 0; rank < c.ranks(); ++rank)
        while (acts(rank, now)) {
        }
    for (int rank = 0; rank < c.ranks(); ++rank)
      if (has_more(rank)) of(next_of(rank)).came = free_[size_t(rank)];
  }

  const Done& at(Place p) const { return done_[size_t(p.rank)][size_t(p.action)]; }
  const std::vector<Place>& order() const {
    return order_;
  }  // in which actions were begun: what they need is before them
  int end() const { return *std::ranges::max_element(free_); }
  // The sends between the same two ranks, in their order.
  std::vector<Place> sends(int from, int to) const {
    std::vector<Place> all;
    for (Place p : order_)
      if (p.rank == from && c_.at(p).kind == 's' && c_.at(p).peer == to) all.push_back(p);
    return all;
  }
  void multiply(int factor) {
    for (std::vector<Done>& of_rank : done_)
      for (Done& d : of_rank)
        for (int* time : {&d.came, &d.over, &d.there, &d.card})
          if (*time > 0) *time *= factor;
  }

 private:
  bool has_more(int rank) const { return next_[size_t(rank)] < int(done_[size_t(rank)].size()); }
  Place next_of(int rank) const { return {rank, next_[size_t(rank)]}; }
  Done& of(Place p) { return done_[size_t(p.rank)][size_t(p.action)]; }

  bool stands_still() {
    for (int rank = 0; rank < c_.ranks(); ++rank)
      if (has_more(rank) &&
          (c_.at(next_of(rank)).kind != 'r' || !under_way_[{c_.at(next_of(rank)).peer, rank}].empty()))
        return false;
    return true;
  }

  bool acts(int rank, int now) {
    if (!has_more(rank) || free_[size_t(rank)] > now) return false;
    const Place place = next_of(rank);
    const Action& action = c_.at(place);
    Done& done = of(place);
    done.came = free_[size_t(rank)];
    if (action.kind == 'r') {
      std::deque<Place>& messages = under_way_[{action.peer, rank}];
      if (messages.empty() || of(messages.front()).there > now) return false;
      done.sender = messages.front();
      done.there = of(done.sender).there;
      messages.pop_front();
    }
    done.over = now;
    if (action.kind == 'c') done.over += action.amount;
    if (action.kind == 's') {
      if (c_.needs_card(place)) {
        const size_t node = size_t(c_.node_of(rank));
        done.card = card_[node];
        done.before = last_[node];
        done.over = card_[node] = std::max(now, card_[node]) + action.amount * c_.per_kib;
        last_[node] = place;
      }
      done.there = done.over + c_.latency;
      under_way_[{rank, action.peer}].push_back(place);
    }
    free_[size_t(rank)] = done.over;
    order_.push_back(place);
    ++next_[size_t(rank)];
    return true;
  }

  const Cluster& c_;
  std::vector<std::vector<Done>> done_;
  std::vector<Place> order_;
  std::vector<int> next_, free_;  // by rank
  std::vector<int> card_;         // by node
  std::vector<Place> last_;
  std::map<std::pair<int, int>, std::deque<Place>> under_way_;
};

// ---- What is wrong with an action, where all that it needs is right ----

struct Verdict {
  const Cluster& c;
  const Right& right;
  const Times& over;

  int actual(Place p) const { return over[size_t(p.rank)][size_t(p.action)]; }

  std::string never(Place p) const {
    const Right::Done& d = right.at(p);
    const std::string words = c.name(p) + " is never over in yours; it should be at " + text(d.over);
    return c.at(p).kind == 'r' ? words + ": the message is there at " + text(d.there) : words;
  }

  // Another message that should have had the same card later, and has had it before.
  std::string wrong_turn(Place p) const {
    const Right::Done& d = right.at(p);
    const std::string node = "the card of node " + text(c.node_of(p.rank));
    for (Place other : right.order()) {
      if (!c.needs_card(other) || c.node_of(other.rank) != c.node_of(p.rank) || other.rank == p.rank)
        continue;
      const int came = right.at(other).came;
      if (came < d.came || (came == d.came && other.rank < p.rank) || actual(other) >= actual(p)) continue;
      const std::string mine = "rank " + text(p.rank) + " comes to this send at " + text(d.came);
      const std::string first = ", and yours lets " + c.name(other) + " have " + node + " first";
      return came == d.came ? mine + ", as rank " + text(other.rank) + " to another" + first +
                                  "; at the same time the lowest rank is first"
                            : mine + first + ", to which the rank comes only at " + text(came);
    }
    return "";
  }

  std::string wrong_send(Place p) const {
    const Right::Done& d = right.at(p);
    const int lasts = c.at(p).amount * unit(p);
    if (!c.needs_card(p)) {
      if (actual(p) == d.there) return "a sender does not wait until the message is there";
      return "a message to the same node needs no card, and the rank comes to it at " + text(d.came);
    }
    const std::string node = "the card of node " + text(c.node_of(p.rank));
    if (actual(p) == d.came)
      return "a send is over when the message has left " + node + ", which takes " + text(lasts);
    if (d.before.rank >= 0 && actual(p) == std::max(d.came, d.card + c.latency * factor) + lasts)
      return node + " is free again when a message has left it, not when the message is there";
    if (actual(p) == d.there)
      return "a sender waits until the message has left the card, not until it is there";
    if (actual(p) < d.over && d.card > d.came)
      return node + " has the message of " + c.name(d.before) + " until " + text(d.card);
    if (actual(p) > d.over)
      if (const std::string words = wrong_turn(p); !words.empty()) return words;
    std::string others;
    for (Place other : right.order())
      if (c.needs_card(other) && c.node_of(other.rank) != c.node_of(p.rank) &&
          actual(other) == actual(p) - lasts)
        return "each node has a card of its own; yours waits for " + c.name(other) + ", on another node";
    return "the rank comes to it at " + text(d.came) + ", " + node + " is free from " + text(d.card) +
           " on, and the message takes " + text(lasts);
  }

  std::string wrong_receive(Place p) const {
    const Right::Done& d = right.at(p);
    const std::string sender = "rank " + text(c.at(p).peer),
                      there = "the message is there at " + text(d.there);
    const std::vector<Place> sends = right.sends(c.at(p).peer, p.rank);
    for (Place other : sends)
      if (other != d.sender && actual(p) == std::max(d.came, right.at(other).there))
        return "the messages of " + sender +
               " are taken in the order in which they were sent, and this is number " +
               text(int(std::ranges::find(sends, d.sender) - sends.begin())) + ", which is there at " +
               text(d.there);
    if (actual(p) < d.came) return "the rank itself comes to it at " + text(d.came);
    if (actual(p) == d.came) return "it has to wait, " + there;
    if (actual(p) == right.at(d.sender).over)
      return "the message has left at that time, and after the latency it is there";
    for (Place other : right.order())
      if (c.at(other).kind == 's' && c.at(other).peer == p.rank && actual(p) == right.at(other).there)
        return "that is when a message of rank " + text(other.rank) + " is there; this one is to come from " +
               sender;
    if (actual(p) > d.there && d.there <= d.came)
      return there + " when the rank comes to it, at " + text(d.came);
    return there;
  }

  std::string wrong_time(Place p) const {
    const Right::Done& d = right.at(p);
    if (actual(p) == d.over) return "";
    if (actual(p) == -1) return never(p);
    const std::string is =
        c.name(p) + " is over at " + text(actual(p)) + "; it should be " + text(d.over) + ": ";
    if (c.at(p).kind == 's') return is + wrong_send(p);
    if (c.at(p).kind == 'r') return is + wrong_receive(p);
    return is + "the rank comes to it at " + text(d.came) + ", and it takes " + text(c.at(p).amount * factor);
  }

  // Actions that should never be over.
  std::string wrong_end(int rank) const {
    int waits = -1;
    for (int i = 0; i < int(c.programs[size_t(rank)].size()); ++i) {
      const Place p{rank, i};
      if (right.at(p).over >= 0) continue;
      if (waits < 0) waits = i;
      if (actual(p) == -1) continue;
      const std::string is = c.name(p) + " is over at " + text(actual(p)) + "; it should be -1: ";
      if (i == waits) return is + "nobody sends this message, and the rank waits for ever";
      return is + "the rank waits for ever in action " + text(waits);
    }
    return "";
  }

  std::string words() const {
    for (Place p : right.order())
      if (const std::string wrong = wrong_time(p); !wrong.empty()) return wrong + c.in_words(factor);
    for (int rank = 0; rank < c.ranks(); ++rank)
      if (const std::string wrong = wrong_end(rank); !wrong.empty()) return wrong + c.in_words(factor);
    return "";
  }

  int factor = 1;  // of all times
  int unit(Place p) const { return c.needs_card(p) ? c.per_kib * factor : 0; }
};

// why: what may be the matter if the program does not end.
Answers run(Trial& trial, const std::string& why) try { return trial.run(); } catch (const NoAnswer& none) {
  const std::string words = none.what();
  const bool endless = words.find("processor time") != words.npos || words.find("timed out") != words.npos;
  throw NoAnswer(endless ? words + why : words);
}

// factor: all times are so many times those of the cluster.
std::string wrong_with(const Cluster& c, int factor = 1) {
  Trial trial;
  trial.give(c.ranks_per_node).give(c.per_kib * factor).give(c.latency * factor).give(c.ranks());
  for (const Program& program : c.programs) {
    std::vector<int> kinds, peers, amounts;
    for (const Action& action : program) {
      kinds.push_back(action.kind);
      peers.push_back(action.peer);
      amounts.push_back(action.kind == 'c' ? action.amount * factor : action.amount);
    }
    trial.give(int(program.size())).give(kinds).give(peers).give(amounts);
  }
  Answers answers =
      run(trial, factor > 1 ? "; times reach two billion here: is there a loop over all microseconds?"
                            : "; it should end, also where ranks wait for ever" + c.in_words(1));
  Times over;
  for (int r = 0; r < c.ranks(); ++r)
    over.push_back(answers.integers("over[" + text(r) + "]", c.programs[size_t(r)].size()));
  Right right(c);
  right.multiply(factor);
  return Verdict{c, right, over, factor}.words();
}

// Every message is received at some time, so that all ranks come to their ends; unless some sends are left out.
Cluster any_cluster(int ranks, int events, int left_out) {
  Cluster c{random_number(2, 3), random_number(1, 3), random_number(1, 9),
            std::vector<Program>(size_t(ranks))};
  for (int event = 0; event < events; ++event) {
    const int a = random_number(0, ranks - 1), b = (a + random_number(1, ranks - 1)) % ranks;
    if (random_number(0, 2) == 0) {
      c.programs[size_t(a)].push_back(compute(random_number(1, 20)));
      continue;
    }
    if (event < events - 5 || event >= events - 5 + left_out)
      c.programs[size_t(a)].push_back(send(b, random_number(1, 9)));
    c.programs[size_t(b)].push_back(receive(a));
  }
  return c;
}

// covers: 'c': compute | programs[r] has | over[r][i] is
TEST(event_queue, OneMessage) {
  EXPECT_RIGHT(wrong_with({1, 2, 5, {{compute(10), send(1, 4), compute(1)}, {receive(0), compute(2)}}}));
  EXPECT_RIGHT(wrong_with({1, 2, 5, {{send(1, 4)}, {compute(100), receive(0)}, {}, {compute(7)}}}));
}
// covers: Send to a rank of the same | It is over at once
TEST(event_queue, OneNode) {
  EXPECT_RIGHT(wrong_with({2, 2, 5, {{compute(10), send(1, 4), compute(1)}, {receive(0), compute(2)}}}));
}
// covers: Receive: the messages | It is over when | A sender never waits
TEST(event_queue, InTheOrderOfSending) {
  EXPECT_RIGHT(wrong_with({1, 1, 3, {{send(1, 2), compute(9), send(1, 3)}, {receive(0), receive(0)}}}));
  EXPECT_RIGHT(wrong_with(
      {1, 1, 3, {{send(1, 2), compute(9), send(1, 3)}, {compute(12), receive(0), compute(1), receive(0)}}}));
  EXPECT_RIGHT(wrong_with(
      {1,
       1,
       3,
       {{compute(20), send(2, 2)}, {send(2, 4), send(2, 5)}, {receive(0), receive(1), receive(1)}}}));
}
// covers: Messages get the card | The send is over
TEST(event_queue, ASharedCard) {
  EXPECT_RIGHT(
      wrong_with({2, 1, 5, {{compute(2), send(2, 8)}, {compute(3), send(2, 1)}, {receive(0), receive(1)}}}));
  EXPECT_RIGHT(
      wrong_with({2, 1, 5, {{compute(10), send(2, 4)}, {compute(3), send(2, 4)}, {receive(0), receive(1)}}}));
  EXPECT_RIGHT(
      wrong_with({2, 1, 5, {{compute(3), send(2, 4)}, {compute(5), send(2, 4)}, {receive(0), receive(1)}}}));
  EXPECT_RIGHT(wrong_with(
      {2,
       1,
       5,
       {{compute(3), send(2, 4)}, {send(3, 3), send(2, 2)}, {receive(0), receive(1)}, {receive(1)}}}));
}
// covers: Send to a rank of another
TEST(event_queue, TwoCards) {
  EXPECT_RIGHT(wrong_with({2,
                           3,
                           5,
                           {{compute(1), send(3, 4), receive(2)},
                            {send(0, 9), compute(2), send(2, 1)},
                            {compute(2), send(0, 4), receive(1)},
                            {receive(0)}}}));
}
// The answer to a message wants the card before one that the other rank comes to later.
TEST(event_queue, TheOrderIsKnownLate) {
  EXPECT_RIGHT(wrong_with({2,
                           1,
                           2,
                           {{receive(2), send(2, 8)},
                            {compute(30), send(3, 8), compute(1), send(3, 2)},
                            {compute(4), send(0, 3), receive(0)},
                            {receive(1), receive(1)}}}));
  EXPECT_RIGHT(wrong_with({2,
                           1,
                           2,
                           {{compute(40), send(3, 8)},
                            {receive(2), send(2, 8), receive(2), send(3, 5)},
                            {compute(4), send(1, 3), receive(1), send(1, 1)},
                            {receive(0), receive(1)}}}));
}
// covers: It is -1 at first
TEST(event_queue, RanksThatWaitForEver) {
  EXPECT_RIGHT(wrong_with({1, 1, 5, {{receive(1), send(1, 4)}, {receive(0), send(0, 4)}, {compute(8)}}}));
  EXPECT_RIGHT(
      wrong_with({1, 1, 5, {{send(1, 2)}, {receive(0), receive(0), compute(3)}, {compute(9), receive(1)}}}));
}
TEST(event_queue, AnyPrograms) {
  for (int left_out : {0, 0, 1, 3}) EXPECT_RIGHT(wrong_with(any_cluster(random_number(5, 9), 60, left_out)));
}
// covers: Times go up to
TEST(event_queue, LongTimes) {
  const Cluster c = any_cluster(16, 100, 0);
  EXPECT_RIGHT(wrong_with(c, 2'000'000'000 / Right(c).end()));
}

// explains (what the judge gives): amount, per_kib | peer is another

}  // namespace
