// Block-cyclic shards: who owns an element, and where it lies there.
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
  // BEGIN SOLUTION
  const size_t number = i / block, round = number / size_t(ranks);
  return {int(number % size_t(ranks)), round * block + i % block};
  // TODO
  // In which block is it, in which round was that block dealt, and to whom?
  // STUB
  // return {0, i};
  // END SOLUTION
}

// How many of the n elements of a vector are the rank's; without a loop over them. n may be 0.
size_t shard_size(size_t n, size_t block, int ranks, int rank) {
  // BEGIN SOLUTION
  const size_t round = block * size_t(ranks), rest = n % round, before = size_t(rank) * block;
  const size_t in_last_round = rest <= before ? 0 : rest - before < block ? rest - before : block;
  return n / round * block + in_last_round;
  // TODO
  // Everybody has a whole block of each whole round. What has the rank of the round that is cut short?
  // STUB
  // return n / size_t(ranks);
  // END SOLUTION
}
