// Step 13: which part of c a block computes.
//
// A GPU begins blocks in the order of their numbers, x first. Those that run at the same time share the second-level cache: a
// panel that one of them has fetched is near for the others. 264 blocks (two to each of 132 multiprocessors) of a c of 64 x 64
// blocks, column after column, are 64 rows and a little more than 4 columns: they want the panels of 64 rows and 5 columns. In
// bands of 16 rows they are 16 rows and 17 columns: 33 different panels instead of 69.
#pragma once

namespace fast {

struct BlockPlace {
  unsigned row, column;
};
constexpr unsigned rows_in_a_band = 16;

// The place of block (x, y) of a grid of (rows, columns): column after column within a band, band after band. Each place once.
#ifdef __CUDACC__  // in files that only the host's compiler sees these words are not known
__host__ __device__
#endif
constexpr BlockPlace block_in_bands(unsigned x, unsigned y, unsigned rows, unsigned columns) {
  const unsigned number = y * rows + x, in_band = number % (rows_in_a_band * columns);
  const unsigned first = number / (rows_in_a_band * columns) * rows_in_a_band;
  const unsigned height = rows - first < rows_in_a_band ? rows - first : rows_in_a_band;  // the last band may be lower
  return {first + in_band % height, in_band / height};
}

}  // namespace fast
