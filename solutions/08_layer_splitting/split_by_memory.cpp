// As few stages as the memory of a rank allows.
#include <algorithm>

// Layers are cut into stages of neighbours, at least one layer each, for the schedule 1f1b with `micro_batches`
// micro-batches. Stage s of p keeps the activations of min(p - s, micro_batches) micro-batches at once, so it needs
//
//   the sum over its layers of  weights[l] + min(p - s, micro_batches) · activations[l]
//
// weights, activations (layers): what the weights of a layer need, and its activations of one micro-batch, in KiB; not
// negative. No stage may need more than `limit`.
//
// first (layers + 1): first[s] is the first layer of stage s, and first[p] = layers; what is behind that does not matter.
// Returns p, the smallest number of stages for which there is such a cut; 0 if there is none for any number.
int split_by_memory(int* first, const int* weights, const int* activations, int layers, int limit, int micro_batches) {
  // BEGIN SOLUTION
  for (int stages = 1; stages <= layers; ++stages) {
    int layer = 0;
    for (int stage = 0; stage < stages; ++stage) {
      first[stage] = layer;
      const int kept = std::min(stages - stage, micro_batches);
      for (int needed = 0; layer < layers; ++layer) {
        needed += weights[layer] + kept * activations[layer];
        if (needed > limit) break;
      }
    }
    first[stages] = layer;
    if (layer == layers) return stages;
  }
  return 0;
  // TODO
  // If p is given: how many layers should the first stage take? And why may four stages fail where three are enough?
  // STUB
  // return 0;
  // END SOLUTION
}
