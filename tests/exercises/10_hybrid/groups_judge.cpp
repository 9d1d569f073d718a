#include <algorithm>
#include <set>

#include "tests/exercises/judge.h"

namespace {

using Integers = std::vector<int>;

std::string text(int number) { return std::to_string(number); }
std::string list(const Integers& numbers, const std::string& between = ", ") {
  std::string words;
  for (int number : numbers) words += (words.empty() ? "" : between) + text(number);
  return words;
}

Integers place_of(int rank, const Integers& shape) {
  Integers place(shape.size());
  for (size_t d = shape.size(); d-- > 0; rank /= shape[d]) place[d] = rank % shape[d];
  return place;
}

// The members, by comparing every rank's place with this one's.
Integers group(int rank, size_t dimension, const Integers& shape, int ranks) {
  Integers members;
  for (int other = 0; other < ranks; ++other) {
    Integers place = place_of(other, shape);
    place[dimension] = place_of(rank, shape)[dimension];
    if (place == place_of(rank, shape)) members.push_back(other);
  }
  return members;
}

// The group if the first coordinate counted fastest.
Integers group_reversed(int rank, size_t dimension, const Integers& shape, int ranks) {
  return group(rank, shape.size() - 1 - dimension, {shape.rbegin(), shape.rend()}, ranks);
}

std::string wrong_group(const Integers& members, int nodes, int rank, size_t dimension, const Integers& shape, int ranks,
                        int ranks_per_node) {
  const Integers right = group(rank, dimension, shape, ranks);
  const std::string are = "the members are " + list(members) + "; ";
  if (members != right) {
    Integers sorted = members;
    std::ranges::sort(sorted);
    if (sorted == right) return are + "they should be in the order of the coordinate: " + list(right);
    if (std::ranges::count(members, rank) == 0) return are + "rank " + text(rank) + " itself is not among the members";
    if (members == group_reversed(rank, dimension, shape, ranks))
      return are + "that is right where the first coordinate counts fastest; here it is the last one";
    for (int member : members) {
      if (member < 0 || member >= ranks) return are + "there is no rank " + text(member);
      if (std::ranges::count(right, member) == 0)
        return are + "rank " + text(rank) + " at (" + list(place_of(rank, shape)) + ") and rank " + text(member) + " at (" +
               list(place_of(member, shape)) + ") differ in another coordinate";
    }
    return are + "they should be " + list(right);
  }
  std::set<int> on;
  for (int member : members) on.insert(member / ranks_per_node);
  if (nodes == int(on.size())) return "";
  return "returns " + text(nodes) + " nodes; they are on " + text(int(on.size())) + ": ranks " + list(members) + ", " +
         text(ranks_per_node) + " ranks a node";
}

std::string wrong_with(const Integers& shape, int dimension, int ranks_per_node) {
  int ranks = 1;
  for (int n : shape) ranks *= n;
  Answers answers = Trial().give(int(shape.size())).give(shape).give(dimension).give(ranks_per_node).run();
  for (int rank = 0; rank < ranks; ++rank) {
    const Integers members = answers.integers("members", size_t(shape[size_t(dimension)]));
    const int nodes = int(answers.number("the number of nodes"));
    if (const std::string words = wrong_group(members, nodes, rank, size_t(dimension), shape, ranks, ranks_per_node); !words.empty())
      return words + " (rank " + text(rank) + " of " + list(shape, " x ") + ", dimension " + text(dimension) + ")";
  }
  return "";
}

// covers: The last coordinate | members (shape
TEST(groups, TwoByThreeByFour) {
  for (int dimension : {2, 1, 0}) EXPECT_RIGHT(wrong_with({2, 3, 4}, dimension, 4));
}
// covers: Ranks lie in | Nodes have | Returns on how many
TEST(groups, OtherShapes) {
  EXPECT_RIGHT(wrong_with({5}, 0, 2));
  EXPECT_RIGHT(wrong_with({1, 1}, 1, 3));
  EXPECT_RIGHT(wrong_with({2, 3, 2, 2}, 1, 6));
  EXPECT_RIGHT(wrong_with({3, random_number(2, 4), 4}, random_number(0, 2), random_number(2, 8)));
}

}  // namespace
