// A product whose three matrices are all cut in two directions: SUMMA.
#include <algorithm>
#include <vector>

#include "common/mpi/session.h"
#include "common/split.h"

// Ours: y (rows, out) += x (rows, inputs) · w (inputs, out), all of them row by row. The judge sees what it is given.
void add_product(float* y, const float* x, const float* w, int rows, int inputs, int out);

// y (rows, out) = x (rows, in) · w (in, out) on a grid of ranks, `down` of them below each other and `across` side by side. The
// rank in row i and column j of the grid has one block of each matrix, kept row by row; any of them may be empty:
//
//   y   rows share(rows, down, i), columns share(out, across, j)
//   x   rows share(rows, down, i), columns share(in, across, j)
//   w   rows share(in, down, i),   columns share(out, across, j)
//
// grid_row has the ranks of this row of the grid, from left to right; grid_column those of this column, from the top down.
// What y holds before is overwritten.
//
// SUMMA (R. van de Geijn, J. Watts: SUMMA: Scalable Universal Matrix Multiplication Algorithm, Concurrency: Practice and
// Experience 9(4), 1997) goes through the inputs 0 to in - 1 in panels, at most `width` inputs at a time (width >= 1), in
// ascending order. Of each panel, the ranks that have it of x broadcast their part along their rows of the grid, those that
// have it of w along their columns, and every rank adds one product to its y (add_product). So a rank needs room for its blocks
// and for one panel of x and one of w, however many ranks there are, and its sums have the order of the unsplit product.
//
// in is cut in two ways, into `across` parts for x and into `down` parts for w. A panel that ends at the borders of both has one
// owner in every row of the grid, and one in every column.
void summa(float* y, const float* x, const float* w, int rows, int in, int out, int width, MPI_Comm grid_row,
           MPI_Comm grid_column) {
  int i = 0, j = 0, down = 1, across = 1;
  MPI_CHECK(MPI_Comm_rank(grid_column, &i));
  MPI_CHECK(MPI_Comm_size(grid_column, &down));
  MPI_CHECK(MPI_Comm_rank(grid_row, &j));
  MPI_CHECK(MPI_Comm_size(grid_row, &across));
  // BEGIN SOLUTION
  const size_t tall = share(rows, down, i).size(), wide = share(out, across, j).size();
  const Range x_here = share(in, across, j), w_here = share(in, down, i);
  std::fill_n(y, tall * wide, 0.0f);
  for (int c = 0; c < across; ++c)
    for (int r = 0; r < down; ++r) {  // the inputs that column c has of x, and row r of w
      const Range of_x = share(in, across, c), of_w = share(in, down, r);
      const size_t last = std::min(of_x.last, of_w.last);
      for (size_t first = std::max(of_x.first, of_w.first); first < last; first += size_t(width)) {
        const size_t n = std::min(size_t(width), last - first);
        std::vector<float> x_panel(tall * n), w_panel(n * wide);
        for (size_t row = 0; j == c && row < tall; ++row)
          std::copy_n(x + row * x_here.size() + first - x_here.first, n, &x_panel[row * n]);
        if (i == r) std::copy_n(w + (first - w_here.first) * wide, n * wide, w_panel.begin());
        MPI_CHECK(MPI_Bcast(x_panel.data(), int(tall * n), MPI_FLOAT, c, grid_row));
        MPI_CHECK(MPI_Bcast(w_panel.data(), int(n * wide), MPI_FLOAT, r, grid_column));
        add_product(y, x_panel.data(), w_panel.data(), int(tall), int(n), int(wide));
      }
    }
  // TODO
  // Which inputs are both in the part of one column of the grid and in the part of one row? Those are one panel, or a few.
  // Who sends it in your row, who in your column, and where does it lie in their blocks?
  // STUB
  // END SOLUTION
}
