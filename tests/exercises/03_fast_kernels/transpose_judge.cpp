#include "tests/exercises/judge.h"

namespace {

constexpr size_t edge = 32;

// What comes out of a (n, n), a matrix of whole tiles, if tiles change places as in a transposition, or elements do so within
// their tiles, or both.
Doubles moved(const Floats& a, size_t n, bool tiles, bool within_tiles) {
  Doubles b(n * n);
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j) {
      const size_t row = i / edge * edge, column = j / edge * edge, y = i % edge, x = j % edge;
      const size_t to_row = (tiles ? column : row) + (within_tiles ? x : y),
                   to_column = (tiles ? row : column) + (within_tiles ? y : x);
      b[to_row * n + to_column] = a[i * n + j];
    }
  return b;
}

std::string wrong_with(size_t rows, size_t columns) {
  const Floats a = random_floats(rows * columns);
  Trial trial;
  const Floats b = trial.give(int(rows)).give(int(columns)).give(a).run().floats("b", a.size());
  if (a.empty()) return "";
  Doubles right(a.size());
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < columns; ++j) right[j * rows + i] = a[i * columns + j];

  std::vector<Mistake> mistakes = {{"b is a as it was", Doubles(a.begin(), a.end())}};
  if (rows == columns && rows % edge == 0) {
    mistakes.push_back({"the tiles of b are in their places, but within a tile rows are rows still", moved(a, rows, true, false)});
    mistakes.push_back({"each tile is transposed, but tiles (0, 1) and (1, 0) must change places, too", moved(a, rows, false, true)});
  }
  std::string text = compare_values("b", b, right, 0, mistakes, rows);
  if (const Trial::Kernels& k = trial.kernels(); text.empty() && k.launches >= 0) {
    if (k.shared < long(a.size())) text = "b is right, but the tile does not go through shared memory";
    // Of whole tiles, 31 of 32 elements lie beside the one that the thread before takes.
    const bool whole = rows % edge == 0 && columns % edge == 0;
    if (text.empty() && whole && 2 * k.reads_beside < k.reads) text = "b is right, but neighbouring threads do not read neighbours of a";
    if (text.empty() && whole && 2 * k.writes_beside < k.writes) text = "b is right, but neighbouring threads do not write neighbours of b";
  }
  return text.empty() ? "" : text + " (a has " + std::to_string(rows) + " rows and " + std::to_string(columns) + " columns)";
}

// covers: b (columns, rows) = | So a thread does not | A warp reads 32
TEST(transpose, FourTiles) { EXPECT_RIGHT(wrong_with(64, 64)); }
TEST(transpose, ARowOfTiles) {
  try {
    EXPECT_RIGHT(wrong_with(32, 96));
  } catch (const NoAnswer& reason) {
    FAIL() << "a of 64 rows and columns comes out right; of 32 rows and 96 columns: " << reason.what();
  }
}
// covers: Any sizes
TEST(transpose, TilesThatAreNotFull) {
  for (const auto& [rows, columns] : {std::array<size_t, 2>{33, 47}, {100, 20}, {1, 70}, {40, 1}, {0, 5}})
    EXPECT_RIGHT(wrong_with(rows, columns));
}

// unchecked (how the tile travels is not looked at): So a thread does not | A warp reads 32

// explains (the launch that is given): A block of 32 x 32 | Its 32 threads

}  // namespace
