// Block-cyclic shards: who owns an element, and where it lies there.
//
// Task 07_block_cyclic: warm-up, 3 points. Try it: make ex-07_block_cyclic
#include <cstddef>

// Chapter 07 cuts a vector into one part per rank. Here it is dealt out like cards, `block` elements at a time: rank 0 gets
// elements [0, block), rank 1 the next block, ...; behind the last rank it is rank 0's turn again. A rank keeps its blocks
// one after another, in order. The last block of the vector may be shorter. block and ranks are at least 1.
struct Place {
  int rank;
  size_t index;  // in that rank's shard
};

// The place of element i of the vector.
Place place_of(size_t i, size_t block, int ranks) {
  // --- YOUR CODE (2 lines in ours)
  // In which block is it, in which round was that block dealt, and to whom?
  return {0, i};
  // --- END OF YOUR CODE
}

// How many of the n elements of a vector are the rank's; without a loop over them. n may be 0.
size_t shard_size(size_t n, size_t block, int ranks, int rank) {
  // --- YOUR CODE (3 lines in ours)
  // Everybody has a whole block of each whole round. What has the rank of the round that is cut short?
  return n / size_t(ranks);
  // --- END OF YOUR CODE
}
// As generated: 3656901295-1210
