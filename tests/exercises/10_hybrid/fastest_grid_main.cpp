// level: core
// points: 4
// hint: Six ranks: write down all grids, and in each the ranks of the first and of the second group of tensor ranks. With 4 ranks a node, which of the grids are allowed? Five layers on two stages: how many layers has the fullest?
#include "tests/exercises/task.h"

struct GridShape {
  int data, pipeline, tensor;
};
struct Job {
  int layers;
  double computing, tensor_sums, gradient_sum, state, activations;
  int micro_batches;
};

GridShape fastest_grid(const Job& job, int ranks, int ranks_per_node, double memory);

int main(int argc, char** argv) {
  Task task(argc, argv);
  for (int jobs = task.number(); jobs > 0; --jobs) {
    Job job;
    job.layers = task.number(), job.micro_batches = task.number();
    for (double* cost : {&job.computing, &job.tensor_sums, &job.gradient_sum, &job.state, &job.activations}) *cost = task.real();
    const int ranks = task.number(), ranks_per_node = task.number();
    const GridShape shape = fastest_grid(job, ranks, ranks_per_node, task.real());
    task.answer(std::vector<int>{shape.data, shape.pipeline, shape.tensor});
  }
}
