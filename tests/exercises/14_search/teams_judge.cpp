#include <algorithm>
#include <numeric>

#include "tests/exercises/judge.h"

namespace {

std::string text(int number) { return std::to_string(number); }
std::string list(const std::vector<int>& numbers) {
  std::string words;
  for (int number : numbers) words += (words.empty() ? "" : ", ") + text(number);
  return words;
}

struct Farm {
  int n;
  std::vector<int> weights;
  Floats x;
  int teams() const { return int(weights.size()); }
  Floats row(int team) const { return {x.begin() + team * n, x.begin() + (team + 1) * n}; }
};

// The first rank of each team, and one behind the last team.
std::vector<int> first_ranks(const std::vector<int>& weights, int ranks) {
  const int total = std::accumulate(weights.begin(), weights.end(), 0);
  std::vector<int> first = {1};
  for (int t = 0, sum = 0; t < int(weights.size()); ++t) sum += weights[size_t(t)], first.push_back(1 + (ranks - 1) * sum / total);
  return first;
}
std::vector<int> members_of(int rank, const std::vector<int>& first) {
  size_t t = 0;
  while (first[t + 1] <= rank) ++t;
  std::vector<int> members(size_t(first[t + 1] - first[t]));
  std::iota(members.begin(), members.end(), first[t]);
  return members;
}

struct Seen {
  int calls, n, freed;
  bool together;
  std::vector<int> members;
  Floats row, x;
};

std::string wrong_call(const Farm& farm, int rank, int team, const Seen& seen, const std::vector<Seen>& all) {
  const int ranks = int(all.size());
  const std::string who = "rank " + text(rank);
  const std::vector<int> right = members_of(rank, first_ranks(farm.weights, ranks));
  if (seen.calls != 1) return who + " calls work " + text(seen.calls) + " times; every worker is to call it once";
  if (seen.n != farm.n) return who + " calls work with n = " + text(seen.n) + "; n is " + text(farm.n);
  if (seen.members.empty()) return who + " calls work with MPI_COMM_NULL";
  if (seen.members[0] == 0) return who + " calls work with a communicator of ranks " + list(seen.members) + ": the manager is in the communicator";
  if (seen.members != right) {
    const std::string has = who + " has the ranks " + list(seen.members) + " in its communicator; its team is " + list(right);
    std::vector<int> sorted = seen.members;
    std::ranges::sort(sorted);
    if (sorted == right) return has + ", in the order of world";
    if (seen.members == members_of(rank, first_ranks(std::vector<int>(farm.weights.size(), 1), ranks)))
      return has + ": the weights do not count in your teams";
    return has;
  }
  if (seen.row != farm.row(team)) {
    const bool leader_has = all[size_t(right[0])].row == farm.row(team);
    return who + " calls work with another row than row " + text(team) + " of x" +
           (leader_has ? "; its leader, rank " + text(right[0]) + ", has the right one: the leader has to give it to all of the team" : "");
  }
  return "";
}

std::string wrong_row(const Farm& farm, const std::vector<int>& first, int team, const Floats& x) {
  const auto result = [&](int t) {
    Floats row = farm.row(t);
    const int size = first[size_t(t) + 1] - first[size_t(t)];
    for (float& value : row) value *= float(size * (size + 3) / 2);
    return row;
  };
  const Floats row(x.begin() + team * farm.n, x.begin() + (team + 1) * farm.n);
  if (row == result(team)) return "";
  const std::string name = "row " + text(team) + " of x on rank 0 ";
  if (row == farm.row(team)) return name + "is what the manager sent; the result of team " + text(team) + " did not come back there";
  for (int t = 0; t < farm.teams(); ++t)
    if (row == result(t)) return name + "is the result of team " + text(t);
  const Floats right = result(team);
  return compare_values(name + "after all", row, Doubles(right.begin(), right.end()), 0);
}

std::string wrong_farm(const Farm& farm, const std::vector<Seen>& all) {
  const int ranks = int(all.size());
  const std::vector<int> first = first_ranks(farm.weights, ranks);
  if (all[0].calls != 0) return "rank 0 calls work; it is the manager";
  for (int team = 0; team < farm.teams(); ++team)
    for (int rank = first[size_t(team)]; rank < first[size_t(team) + 1]; ++rank)
      if (const std::string words = wrong_call(farm, rank, team, all[size_t(rank)], all); !words.empty()) return words;
  for (int team = 0; team < farm.teams(); ++team)
    if (const std::string words = wrong_row(farm, first, team, all[0].x); !words.empty()) return words;
  for (int rank = 1; rank < ranks; ++rank)
    if (!all[size_t(rank)].together)
      return "rank " + text(rank) + " was in work, and not all other workers came: the rows are handed out to one team after another";
  for (int rank = 1; rank < ranks; ++rank)
    if (all[size_t(rank)].freed != 1) return "rank " + text(rank) + ": the communicator of its team is to be freed";
  return "";
}

std::string wrong_with(int ranks, std::vector<Farm> farms) {
  Trial trial;
  trial.give(int(farms.size()));
  for (Farm& farm : farms) {
    farm.x = small_integers(size_t(farm.teams()) * size_t(farm.n), 1, 1000);
    trial.give(farm.n).give(farm.teams()).give(farm.weights).give(farm.x);
  }
  std::vector<Answers> answers = trial.run_ranks(ranks);
  for (const Farm& farm : farms) {
    std::vector<Seen> all;
    for (Answers& a : answers) {
      Seen seen{};
      seen.calls = int(a.number("the calls of work")), seen.n = int(a.number("n of work")), seen.freed = int(a.number("what was freed"));
      seen.together = a.number("whether all worked together") != 0;
      seen.members = a.integers("the ranks of the team", size_t(ranks));
      std::erase(seen.members, -1);
      seen.row = a.floats("row", size_t(farm.n));
      seen.x = a.floats("x", farm.x.size());
      all.push_back(seen);
    }
    if (const std::string words = wrong_farm(farm, all); !words.empty())
      return words + " (" + with_ranks(ranks) + ", weights " + list(farm.weights) + ", n = " + text(farm.n) + ")";
  }
  return "";
}

// covers: Rank 0 of world | They are cut | Its lowest rank | Row t goes | work talks on it | All teams work
// covers: Communicators that
TEST(teams, SevenRanks) {
  EXPECT_RIGHT(wrong_with(7, {{8, {1, 2, 3}, {}}, {5, {5, 2, 3, 2}, {}}, {12, {3, 1}, {}}, {20, {random_number(1, 9)}, {}}, {6, {1, 1, 1, 1, 1, 1}, {}}}));
}
TEST(teams, FourRanks) { EXPECT_RIGHT(wrong_with(4, {{6, {1, 2}, {}}, {4, {3, 3, 3}, {}}, {30000, {2, 1}, {}}})); }
// covers: x (teams, n)
TEST(teams, OneWorker) { EXPECT_RIGHT(wrong_with(2, {{random_number(5, 90), {7}, {}}})); }

// unchecked (only the team's own is looked at): Communicators that

// explains (follows from the formula; the judge gives no others): No team is empty

}  // namespace
