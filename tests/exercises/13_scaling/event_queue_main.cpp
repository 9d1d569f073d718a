// level: stretch
// points: 7
// hint: Rank 0 computes for 10 microseconds and then sends, rank 1 computes for 3 and then sends, through the same card. If you do all of rank 0 first, who gets the card? Of all ranks that can go on, whose next action cannot be disturbed by what the others have still to do?
#include "tests/exercises/task.h"

struct Action {
  char kind;
  int peer, amount;
};
struct Network {
  int ranks_per_node, per_kib, latency;
  int node_of(int rank) const { return rank / ranks_per_node; }
};
void event_queue(std::vector<std::vector<int>>& over, const std::vector<std::vector<Action>>& programs,
                 const Network& network);

int main(int argc, char** argv) {
  Task task(argc, argv);
  Network network;
  network.ranks_per_node = task.number();
  network.per_kib = task.number();
  network.latency = task.number();
  std::vector<std::vector<Action>> programs(static_cast<size_t>(task.number()));
  std::vector<std::vector<int>> over(programs.size());
  for (size_t r = 0; r < programs.size(); ++r) {
    const size_t actions = size_t(task.number());
    const std::vector<int> kinds = task.values<int>(actions), peers = task.values<int>(actions),
                           amounts = task.values<int>(actions);
    for (size_t i = 0; i < actions; ++i) programs[r].push_back({char(kinds[i]), peers[i], amounts[i]});
    over[r].assign(actions, -1);
  }
  event_queue(over, programs, network);
  over.resize(programs.size());
  for (size_t r = 0; r < over.size(); ++r) {
    over[r].resize(programs[r].size(), -1);
    task.answer(over[r]);
  }
}
