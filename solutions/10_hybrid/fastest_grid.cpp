// Which grid is the fastest of those that fit into memory, and whose tensor ranks share a node?
#include <algorithm>

struct GridShape {
  int data, pipeline, tensor;
};

// A network of equal layers. One batch of it, all micro-batches together, takes or needs for ONE layer:
struct Job {
  int layers;
  double computing;      // seconds, forward and backward, on one rank
  double tensor_sums;    // seconds, of the sums over tensor ranks, where there are two or more of these
  double gradient_sum;   // seconds, of the sum of all gradients of the layer over data ranks, where there are two or more
  double state;          // bytes: parameters, gradients, optimizer
  double activations;    // bytes
  int micro_batches;     // that each data rank takes, on any grid
};

// A grid is data x pipeline x tensor ranks, `ranks` in all; rank = (pipeline · D + data) · T + tensor. A stage has layers / P
// layers; where that is no whole number, the fullest stage has one more than the emptiest, and it decides. No stage is empty.
// Let L be the layers of the fullest stage, and M the micro-batches.
//
//   a micro-batch   passes through a stage in  p = L · (computing / T + tensor_sums) / (D · M)  seconds
//   the step        takes as long as M + P - 1 of these (M, and the bubble), and then L · gradient_sum / T
//   the memory      of a rank: L · state / T, and the activations of min(M, P) micro-batches, which tensor ranks share:
//                   for each L · activations / (D · M · T)
//
// without the sums where there is nobody to sum with. Nodes have ranks_per_node ranks each, in the order of ranks: node 0 the
// ranks from 0 on, and so on. All tensor ranks of one group are on one node: no group of them lies on two.
//
// Returns the grid with the shortest step that needs at most `memory` bytes a rank; 0 x 0 x 0 if there is none.
GridShape fastest_grid(const Job& job, int ranks, int ranks_per_node, double memory) {
  // BEGIN SOLUTION
  GridShape best = {0, 0, 0};
  double shortest = 0;
  for (int tensor = 1; tensor <= ranks_per_node; ++tensor) {
    if (ranks % tensor != 0 || (ranks_per_node % tensor != 0 && ranks > ranks_per_node)) continue;
    for (int pipeline = 1; pipeline <= std::min(job.layers, ranks / tensor); ++pipeline) {
      if (ranks / tensor % pipeline != 0) continue;
      const int data = ranks / tensor / pipeline, m = job.micro_batches;
      const int layers = (job.layers + pipeline - 1) / pipeline;
      const double sums = tensor > 1 ? job.tensor_sums : 0, gradient_sum = data > 1 ? job.gradient_sum : 0;
      const double pass = layers * (job.computing / tensor + sums) / (data * m);
      const double step = (m + pipeline - 1) * pass + layers * gradient_sum / tensor;
      const double activations = std::min(m, pipeline) * job.activations / (data * m);
      if (layers * (job.state + activations) / tensor > memory) continue;
      if (best.data == 0 || step < shortest) best = {data, pipeline, tensor}, shortest = step;
    }
  }
  return best;
  // TODO
  // Three loops would do, or two: which numbers can be tensor, which can be pipeline, and what is left for data? Which ranks are
  // the groups of tensor ranks if T is 3 and a node has 4?
  // STUB
  // return {ranks, 1, 1};
  // END SOLUTION
}
