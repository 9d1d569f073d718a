// level: core
// points: 4
// hint: Six ranks in nodes of three: draw the arrows of one step of each ring. How many steps has a ring of r ranks, for the reduce-scatter and for the allgather, and how long is a message? Which arrows leave through the same card?
#include "tests/exercises/task.h"

struct Link {
  double alpha, beta;
};
struct Cluster {
  int ranks_per_node, cards_per_node;
  Link inside, between;
};
int hierarchical_cost(double* flat, double* two_level, double bytes, int ranks, const Cluster& cluster);

// Several clusters, one after another.
int main(int argc, char** argv) {
  Task task(argc, argv);
  for (int clusters = task.number(); clusters > 0; --clusters) {
    const int ranks = task.number(), ranks_per_node = task.number(), cards = task.number();
    const std::vector<double> bytes = task.values<double>(1), inside = task.values<double>(2),
                              between = task.values<double>(2);
    const Cluster cluster{ranks_per_node, cards, {inside[0], inside[1]}, {between[0], between[1]}};
    Output<double> flat(1), two_level(1);
    const int levels = hierarchical_cost(flat, two_level, bytes[0], ranks, cluster);
    task.answer(flat);
    task.answer(two_level);
    task.answer(double(levels));
  }
}
