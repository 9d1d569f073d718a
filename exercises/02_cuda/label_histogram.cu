// How many images of each digit? A histogram that is counted in shared memory first.
//
// Task 02_label_histogram: core, 4 points. Try it: make ex-02_label_histogram
#include "chapters/02_cuda/cuda_check.h"

#include <cstddef>

// counts[c] = how many of labels (n) are c, for c < classes. What counts held before is overwritten. Labels below 0 or from
// `classes` on are counted nowhere. counts (classes) and labels (n) are device memory; n may be 0, classes is 1 to 1024.
//
// A block counts its part of the labels in shared memory, with atomicAdd (int additions give the same sum in any order),
// and then adds its counts to those in global memory: one global addition for each block and class, not one for each label.
//
// Launched with 8 blocks of 128 threads, whatever n and classes are: a thread takes every 1024th label.
__global__ void label_histogram_kernel(int* counts, const int* labels, size_t n, int classes) {
  extern __shared__ int mine[];  // (classes): this block's counts
  // --- YOUR CODE (7 lines in ours)
  // Three loops: zeros, labels, the way out. There may be more classes than threads. What must lie between two loops?
  // --- END OF YOUR CODE
}

void label_histogram(int* counts, const int* labels, size_t n, int classes) {
  // --- YOUR CODE (3 lines in ours)
  // Launch it. Who sees to it that all blocks begin to add to zeros? And the size of `mine` is known only here.
  // --- END OF YOUR CODE
}
// As generated: 1819820231-1439
