#include <algorithm>
#include <cmath>
#include <sstream>

#include "tests/exercises/judge.h"

namespace {

std::string text(double number) {
  std::ostringstream out;
  out.precision(10);
  out << number;
  return out.str();
}
std::string count(int n, const std::string& things) { return text(n) + " " + things + (n == 1 ? "" : "s"); }

struct Link {
  double alpha, beta;
  double time(double bytes, double sharing = 1) const { return alpha + sharing * bytes * beta; }
};

// An allreduce in a ring, or one or four times the half of it. `sharing` messages share a card.
double ring(const Link& link, int ranks, double bytes, int halves = 2, double sharing = 1) {
  return halves * (ranks - 1) * link.time(bytes / ranks, sharing);
}

struct Case {
  int ranks, ranks_per_node, cards;
  double bytes;
  Link inside, between;

  int most() const { return std::min(ranks, ranks_per_node); }  // ranks of the first node
  int last() const { return ranks - (nodes() - 1) * most(); }
  int nodes() const { return (ranks + most() - 1) / most(); }
  bool even() const { return last() == most(); }
  int sharing() const { return (most() + cards - 1) / cards; }
  int tree_steps() const {
    int steps = 0;
    for (int reached = 1; reached < most(); reached *= 2) ++steps;
    return steps;
  }
  std::string nodes_in_words() const {
    if (nodes() == 1) return "one node of " + count(ranks, "rank");
    if (even()) return count(nodes(), "node") + " of " + count(most(), "rank");
    return count(nodes(), "node") + " of " + count(most(), "rank") + ", the last one with " + text(last());
  }
  std::string in_words() const {
    return " (" + count(ranks, "rank") + ", " + text(ranks_per_node) + " per node, " + count(cards, "card") +
           " per node; " + text(bytes) + " bytes; inside alpha " + text(inside.alpha) + ", beta " +
           text(inside.beta) + "; between alpha " + text(between.alpha) + ", beta " + text(between.beta) +
           ")";
  }
};

// ---- One level ----

double slowest_message(const Case& c) {
  const double message = c.bytes / c.ranks;
  return std::max(c.most() > 1 ? c.inside.time(message) : 0, c.nodes() > 1 ? c.between.time(message) : 0);
}
double flat(const Case& c) { return 2 * (c.ranks - 1) * slowest_message(c); }

std::vector<Mistake> mistakes_of_flat(const Case& c) {
  std::vector<Mistake> all = {
      {"that is the reduce-scatter only; the allgather has as many steps", {flat(c) / 2}},
      {"a ring of " + text(c.ranks) + " ranks needs " + text(c.ranks - 1) +
           " steps for each of its two halves, not " + text(c.ranks),
       {flat(c) / (c.ranks - 1) * c.ranks}},
      {"that sends the whole vector in every step; a message has bytes / ranks",
       {2 * (c.ranks - 1) *
        std::max(c.most() > 1 ? c.inside.time(c.bytes) : 0, c.nodes() > 1 ? c.between.time(c.bytes) : 0)}},
  };
  if (c.nodes() > 1) {
    all.push_back(
        {c.most() > 1
             ? "that takes all messages for ones inside a node; a step has some between nodes, too, and "
               "ends with the last message"
             : "with one rank per node, all messages are between nodes",
         {ring(c.inside, c.ranks, c.bytes)}});
    all.push_back({"only one rank of a node sends to another node, so it shares its card with nobody",
                   {ring(c.between, c.ranks, c.bytes, 2, c.sharing())}});
  }
  if (c.most() > 1)
    all.push_back(
        {c.nodes() > 1
             ? "the messages inside a node are slower here than those between nodes, and a step ends "
               "with its last message"
             : "there is one node only, and no message between nodes",
         {ring(c.between, c.ranks, c.bytes)}});
  if (c.nodes() > 1 && c.most() > 1)
    all.push_back(
        {"the messages of a step are sent at the same time: a step takes the longer of the two times, not "
         "the sum",
         {ring(c.inside, c.ranks, c.bytes) + ring(c.between, c.ranks, c.bytes)}});
  return all;
}

// ---- Two levels ----

// Blocks: `halves` of an allreduce inside, and one of each block between the nodes.
double by_blocks(const Case& c, double sharing, int halves = 2) {
  return ring(c.inside, c.most(), c.bytes, halves) +
         ring(c.between, c.nodes(), c.bytes / c.most(), 2, sharing);
}
// The first ranks: so many steps inside, for there and back, and a ring.
double by_first_ranks(const Case& c, int steps) {
  return steps * c.inside.time(c.bytes) + ring(c.between, c.nodes(), c.bytes);
}
double two_level(const Case& c) {
  return c.even() ? by_blocks(c, c.sharing()) : by_first_ranks(c, 2 * c.tree_steps());
}

std::vector<Mistake> mistakes_with_blocks(const Case& c) {
  const int k = c.most(), q = c.sharing();
  const double inside = ring(c.inside, k, c.bytes), between = two_level(c) - inside, m = c.nodes();
  const std::string share = count(k, "rank") + " of a node share " + count(c.cards, "card");
  std::vector<Mistake> all = {
      {"the part inside the nodes is missing: the reduce-scatter and the allgather", {between}},
      {"the part between the nodes is missing", {inside}},
      {"that is a reduce-scatter inside the nodes and no allgather, or the other way round",
       {by_blocks(c, q, 1)}},
      {"inside the nodes there is one reduce-scatter and one allgather, not twice an allreduce",
       {by_blocks(c, q, 4)}},
      {"that is half of the allreduce between the nodes: it is a reduce-scatter and an allgather, too",
       {inside + between / 2}},
      {"all nodes have the same number of ranks, so each rank takes part between the nodes, not the first "
       "ones alone",
       {by_first_ranks(c, 2 * c.tree_steps())}},
      {"a message between the nodes has a part of the block, bytes / " + text(k * m) + ", not all of it",
       {inside + 2 * (m - 1) * c.between.time(c.bytes / k, q)}},
  };
  const std::string ring_sums = "a ring between the nodes sums one block of bytes / " + text(k);
  if (q > 1) {
    all.push_back(
        {ring_sums + ", not the whole vector", {inside + ring(c.between, c.nodes(), c.bytes, 2, q)}});
    all.push_back({"that gives each rank a card of its own; " + share, {by_blocks(c, 1)}});
    all.push_back(
        {"alpha counts once for the messages that share a card; only their bytes go one after another",
         {inside + q * ring(c.between, c.nodes(), c.bytes / k)}});
  }
  if (c.cards > 1) {
    all.push_back(
        {"that is the whole vector through one card; " + ring_sums + ", and " + share, {by_blocks(c, k)}});
    all.push_back({share + ", so the busiest one serves " + text(q), {by_blocks(c, double(k) / c.cards)}});
    all.push_back({share + ", so the busiest one serves " + text(q), {by_blocks(c, k / c.cards)}});
  }
  if (c.ranks_per_node != k)
    all.push_back({"the only node has " + count(k, "rank"), {ring(c.inside, c.ranks_per_node, c.bytes)}});
  return all;
}

std::vector<Mistake> mistakes_with_first_ranks(const Case& c) {
  const int k = c.most(), steps = c.tree_steps();
  const std::string tree = "a tree of " + count(k, "rank") + " has " + count(steps, "step");
  const double between = ring(c.between, c.nodes(), c.bytes);
  Case without_last = c;
  without_last.ranks = (c.nodes() - 1) * k;
  const std::string blocks =
      "the last node has " + count(c.last(), "rank") + ", so blocks do not match: the first ranks do it";
  return {
      {blocks, {by_blocks(c, c.sharing())}},
      {blocks, {by_blocks(c, 1)}},
      {"the last node is forgotten: there are " + count(c.nodes(), "node"),
       {by_first_ranks(without_last, 2 * steps)}},
      {"the way back from the first ranks is missing: it has as many steps", {by_first_ranks(c, steps)}},
      {tree + ", rounded up", {by_first_ranks(c, 2 * (steps - 1))}},
      {tree + ", not one for each other rank", {by_first_ranks(c, 2 * (k - 1))}},
      {tree + "; the steps are a whole number",
       {2 * std::log2(double(k)) * c.inside.time(c.bytes) + between}},
      {"the trees of the nodes are climbed at the same time, and the longest takes " + count(steps, "step"),
       {by_first_ranks(c, 2 * steps * c.nodes())}},
      {"the first ranks do an allreduce in a ring, with messages of bytes / " + text(c.nodes()),
       {2 * steps * c.inside.time(c.bytes) + 2 * (c.nodes() - 1) * c.between.time(c.bytes)}},
      {"that is half of the ring of the first ranks: it is a reduce-scatter and an allgather",
       {2 * steps * c.inside.time(c.bytes) + between / 2}},
      {"one rank of each node sends to another node, so it shares its card with nobody",
       {2 * steps * c.inside.time(c.bytes) + ring(c.between, c.nodes(), c.bytes, 2, c.sharing())}}};
}

// ---- Verdicts ----

// The same sums and products in another order: some of the sixteen digits may differ.
bool same(double a, double b) { return std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b)); }

std::string wrong_time(const std::string& name, double actual, double right,
                       const std::vector<Mistake>& mistakes) {
  if (same(actual, right)) return "";
  if (std::isnan(actual))
    return name + " is not a number (was it ever written?); it should be " + text(right);
  const std::string is = name + " is " + text(actual) + "; it should be " + text(right);
  for (const Mistake& mistake : mistakes)
    if (same(actual, mistake.gives[0])) return is + ": " + mistake.words;
  return is;
}

std::string wrong_answer(const Case& c, double actual_flat, double actual_two_level, int levels) {
  if (std::string words = wrong_time("*flat", actual_flat, flat(c), mistakes_of_flat(c)); !words.empty())
    return words;
  const std::vector<Mistake> mistakes = c.even() ? mistakes_with_blocks(c) : mistakes_with_first_ranks(c);
  if (std::string words = wrong_time("*two_level", actual_two_level, two_level(c), mistakes); !words.empty())
    return words + "; the ranks are on " + c.nodes_in_words();
  const std::string returns = "returns " + text(levels) + "; ";
  if (levels != 1 && levels != 2) return returns + "there are 1 or 2 levels";
  if (same(actual_flat, actual_two_level)) {  // rounding may have made a difference of nothing
    if (actual_flat != actual_two_level || levels == 1) return "";
    return returns + "both take " + text(actual_flat) + ", so it should be 1";
  }
  const int right = two_level(c) < flat(c) ? 2 : 1;
  if (levels == right) return "";
  return returns + "one level takes " + text(actual_flat) + ", two take " + text(actual_two_level) +
         ", so it should be " + text(right);
}

std::string wrong_with(const std::vector<Case>& cases) {
  Trial trial;
  trial.give(int(cases.size()));
  for (const Case& c : cases) {
    trial.give(c.ranks).give(c.ranks_per_node).give(c.cards).give(Doubles{c.bytes});
    for (const Link& link : {c.inside, c.between}) trial.give(Doubles{link.alpha, link.beta});
  }
  Answers answers = trial.run();
  for (const Case& c : cases) {
    const double actual_flat = answers.number("*flat"), actual_two_level = answers.number("*two_level");
    const int levels = int(answers.number("the number of levels"));
    if (std::string words = wrong_answer(c, actual_flat, actual_two_level, levels); !words.empty())
      return words + c.in_words();
  }
  return "";
}

const Link fast{1, 0.25}, slow{16, 1};

// covers: A single node may | A single rank | *flat: one ring
TEST(hierarchical_cost, OneNode) {
  EXPECT_RIGHT(
      wrong_with({{4, 4, 1, 4096, fast, slow}, {4, 8, 2, 4096, fast, slow}, {1, 4, 1, 64, fast, slow}}));
}
// covers: It is a reduce-scatter
TEST(hierarchical_cost, OneRankPerNode) { EXPECT_RIGHT(wrong_with({{4, 1, 1, 4096, fast, slow}})); }
// covers: *two_level, first case | a reduce-scatter in a ring | A message of n | What an allreduce
// covers: Additions take no time
TEST(hierarchical_cost, FullNodes) {
  EXPECT_RIGHT(
      wrong_with({{6, 3, 3, 3600, fast, slow}, {6, 3, 1, 3600, fast, slow}, {12, 4, 4, 48, fast, slow}}));
}
// covers: The k ranks share | Of messages that share | Of each node
TEST(hierarchical_cost, SharedCards) {
  EXPECT_RIGHT(
      wrong_with({{8, 4, 2, 6400, fast, slow}, {24, 8, 3, 4800, fast, slow}, {8, 4, 8, 6400, fast, slow}}));
}
// covers: *two_level, second case | Every node sums
TEST(hierarchical_cost, ALastNodeThatIsNotFull) {
  EXPECT_RIGHT(
      wrong_with({{10, 4, 1, 1200, fast, slow}, {10, 4, 1, 12, fast, slow}, {11, 5, 2, 600, fast, slow}}));
  EXPECT_RIGHT(wrong_with({{3, 2, 1, 600, fast, slow}, {9, 8, 8, 64, fast, slow}}));
}
// GPUs whose messages go through the memory of their node, say.
// covers: All messages of a step
TEST(hierarchical_cost, SlowMessagesInside) {
  EXPECT_RIGHT(wrong_with({{6, 3, 1, 3600, {2, 0.75}, {9, 0.125}}, {7, 3, 1, 3600, {2, 0.75}, {9, 0.125}}}));
}
// covers: Node 0 has | Returns the number | If both take
TEST(hierarchical_cost, AnyNumbers) {
  std::vector<Case> cases;
  for (int i = 0; i < 40; ++i) {
    const auto link = [] { return Link{double(random_number(1, 30)), random_number(1, 90) / 64.0}; };
    const int per_node = random_number(1, 9), nodes = random_number(1, 6),
              fewer = random_number(0, 1) * (per_node - 1);
    cases.push_back({per_node * nodes - random_number(0, fewer), per_node, random_number(1, 4),
                     double(random_number(1, 100) * random_number(1, 100)), link(), link()});
  }
  EXPECT_RIGHT(wrong_with(cases));
}

// explains (units, and what the judge gives): Times are in | ranks, ranks_per_node

}  // namespace
