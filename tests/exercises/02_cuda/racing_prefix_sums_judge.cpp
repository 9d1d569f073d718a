#include "tests/exercises/judge.h"

namespace {

// Small whole numbers: the sums are exact in any order.
std::string wrong_with(size_t rows, size_t columns) {
  const Floats x = small_integers(rows * columns, 1, 9);
  const Floats y = Trial().give(int(rows)).give(int(columns)).give(x).run().floats("y", x.size());
  if (rows == 0) return "";

  const size_t piece = 128;
  Doubles right(x.size()), without_before(x.size()), piece_before(x.size()), exclusive(x.size());
  for (size_t r = 0; r < rows; ++r) {
    double sum = 0, in_piece = 0, last_piece = 0;
    for (size_t j = 0; j < columns; ++j) {
      const size_t i = r * columns + j;
      if (j % piece == 0) last_piece = in_piece, in_piece = 0;
      exclusive[i] = sum;
      sum += x[i], in_piece += x[i];
      right[i] = sum, without_before[i] = in_piece, piece_before[i] = last_piece + in_piece;
    }
  }
  return compare_values("y", y, right, 0,
                        {{"columns from 128 on do not know what stands before them", without_before},
                         {"columns from 256 on know only the 128 columns before them", piece_before},
                         {"y[r][j] is the sum of what stands before column j; its own element is missing", exclusive}},
                        columns);
}

// covers: x and y (rows, columns) are | Mend one race | One block takes a row
TEST(racing_prefix_sums, OnePiece) { EXPECT_RIGHT(wrong_with(3, 128)); }
// covers: y[r][j] = x[r][0] | What the columns before
TEST(racing_prefix_sums, SeveralPieces) { EXPECT_RIGHT(wrong_with(2, 500)); }
TEST(racing_prefix_sums, OddSizes) {
  for (const auto& [rows, columns] : {std::array<size_t, 2>{5, 1}, {1, 129}, {4, 100}, {0, 7}})
    EXPECT_RIGHT(wrong_with(rows, columns));
}

// explains (the code that is given): Sums over 2, 4 | The code in the hole | It names two lines | Which barrier would
// explains (the code that is given): `make ex-...` runs it | The order of threads

}  // namespace
