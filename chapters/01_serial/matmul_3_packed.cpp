// The product, step 3 of 3: a and b are packed. Near the peak of one core, written once for every shape and all three
// transpositions; this is the one that trains.
//
//   1. pack:   copy a into panels of `tile_rows` rows and b into panels of `tile_columns` columns, in the order in which
//              the kernel will read them. Edges are padded with zeros: the kernel knows no edges and no transposition.
//              Not copied in advance: b that lies in order (the kernel copies it while it computes the first tile), and a
//              where it is read only once, because c has no more columns than a tile.
//   2. kernel: step 2's tile in registers, reading two streams of memory from front to back.
//   3. finish: add the bias, apply ReLU, add to c, while the tile is in the first-level cache. Where there is none of these to
//              do, the kernel writes whole tiles to c itself.
//
// The kernel is a template of the tile's size, so that a last panel of 8 rows or 10 columns is not computed as 12 and 32.
// An element's sum is the same chain of operations in every instance: the arithmetic contract of device.h.
//
// A panel of b stays in the second-level cache while all panels of a stream past it.
// After Goto, van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3), 2008.
#include <cstring>
#include <type_traits>

#include "chapters/01_serial/matmul_tile.h"
#include "chapters/01_serial/transpose.h"

namespace {

constexpr int row_unit = tile_rows / 3;  // panels have one, two or three of these
constexpr int k_block = 512;             // terms added up in registers; part of the arithmetic contract
constexpr int prefetch_distance = 16;

// The panel of rows [first, first + height) of a: for each p the values a(first + 0 .. height - 1, p), zeros past m.
template <int height>
void pack_panel(float* panel, MatrixView a, int first, int m, int k) {
  const int rows = std::min(height, m - first);
  const float* source = a.data + size_t(first) * a.row_step;
  if (rows < height) std::fill_n(panel, size_t(k) * height, 0.0f);

  if (rows == height && a.row_step == 1) {  // the values of one p lie side by side: copy them
    for (int p = 0; p < k; ++p, panel += height, source += a.column_step) {
      __builtin_prefetch(source + prefetch_distance * a.column_step);
      std::memcpy(panel, source, height * sizeof(float));
    }
    return;
  }
  const int k_blocks = a.column_step == 1 && rows >= 4 ? k / 4 * 4 : 0;  // what blocks of 4 x 4 cover
  for (int next = 0; next < rows; next += 4)
    for (int p = 0, r = std::min(next, rows - 4); p < k_blocks; p += 4) {  // the last block may overlap the one before
      const float* const block = source + size_t(r) * a.row_step + p;
      const auto row = [&](size_t i) { return *(const Four*)(block + i * a.row_step); };
      transpose_block<height>(panel + p * height + r, row(0), row(1), row(2), row(3));
    }
  for (int p = k_blocks; p < k; ++p)
    for (int r = 0; r < rows; ++r) panel[p * height + r] = source[size_t(r) * a.row_step + size_t(p) * a.column_step];
}

// What the kernel reads where the caller has it, instead of a packed panel.
enum class InPlace { nothing, a, b };

// out (height, width vectors), rows `step` floats apart = sum over k of a column of a times a row of b. What is packed lies
// without gaps. A row of b in place is written to packed_b, for the next tiles. (a comes by reference: clang++ would write a copy of
// it field by field and read it back as a vector, and each call would wait for that.)
template <int height, int width, InPlace in_place>
ALL_REGISTERS void kernel(float* out, size_t step, const MatrixView& a, const float* b, size_t b_step, float* packed_b, int k) {
  const size_t down = in_place == InPlace::a ? a.row_step : 1, right = in_place == InPlace::a ? a.column_step : height;
  if (in_place != InPlace::b) b_step = width * vector_floats;
  const float* a_column = a.data;
  for (int first = 0; first < k; first += k_block) {
    Vector sum[height][width] = {};
    for (int p = first; p < std::min(first + k_block, k); ++p, a_column += right, b += b_step) {
      const Vector* b_row = (const Vector*)b;
      if (in_place == InPlace::b) {
        __builtin_prefetch(b + prefetch_distance * b_step);
#pragma GCC unroll 2
        for (int v = 0; v < width; ++v, packed_b += vector_floats) *(Vector*)packed_b = b_row[v];
      }
#pragma GCC unroll 16
      for (int r = 0; r < height; ++r)
#pragma GCC unroll 2
        for (int v = 0; v < width; ++v) sum[r][v] += a_column[size_t(r) * down] * b_row[v];
    }
#pragma GCC unroll 16
    for (int r = 0; r < height; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < width; ++v) {
        Vector* to = (Vector*)(out + size_t(r) * step) + v;
        *to = first == 0 ? sum[r][v] : *to + sum[r][v];
      }
  }
}

// Calls body(height) with the smallest panel height that holds `rows` rows, as a compile-time constant.
template <class Body>
void with_height(int rows, Body body) {
  if (rows > 2 * row_unit)
    body(std::integral_constant<int, tile_rows>());
  else if (rows > row_unit)
    body(std::integral_constant<int, 2 * row_unit>());
  else
    body(std::integral_constant<int, row_unit>());
}

// The columns [j, j + vectors * vector_floats) of c, as far as they exist.
template <int vectors>
void multiply_columns(float* c, MatrixView a, bool a_in_place, const float* packed_a, MatrixView b, int j, int m, int n, int k,
                      const Finish& finish, float* packed_b) {
  constexpr int width = vectors * vector_floats;
  alignas(64) float tile[tile_rows * width] = {};  // zeros: the sum of no terms, if k == 0
  const float* bias = finish.bias ? finish.bias + j : nullptr;
  const bool nothing_to_finish = !bias && finish.activation == Activation::none && finish.write == Write::overwrite;
  const bool whole_columns = n - j >= width;
  const bool b_in_place = b.column_step == 1 && whole_columns && !a_in_place;
  if (!b_in_place) pack_panel<width>(packed_b, b.transposed(), j, n, k);
  for (int i = 0; i < m; i += tile_rows) {
    const int rows = std::min(tile_rows, m - i);
    float* c_row = c + size_t(i) * size_t(n) + j;
    for (int r = 0; r < rows; ++r) {  // c arrives from memory while the kernel computes
      __builtin_prefetch(c_row + size_t(r) * size_t(n), 1);
      __builtin_prefetch(c_row + size_t(r) * size_t(n) + width / 2, 1);
    }
    const bool direct = nothing_to_finish && whole_columns && rows == tile_rows && k > 0;
    float* out = direct ? c_row : tile;
    const size_t step = direct ? size_t(n) : width;
    const MatrixView rows_of_a{a.data + size_t(i) * a.row_step, a.row_step, a.column_step};
    const MatrixView packed{packed_a + size_t(k) * size_t(i), 0, 0};
    if (a_in_place && rows == tile_rows)
      kernel<tile_rows, vectors, InPlace::a>(out, step, rows_of_a, packed_b, 0, nullptr, k);
    else
      with_height(rows, [&](auto height) {
        if (b_in_place && i == 0)
          kernel<height, vectors, InPlace::b>(out, step, packed, b.data + j, b.row_step, packed_b, k);
        else
          kernel<height, vectors, InPlace::nothing>(out, step, packed, packed_b, 0, nullptr, k);
      });
    if (direct) continue;
    for (int r = 0; r < rows; ++r, c_row += n)
      if (whole_columns)
        finish_row(c_row, tile + r * width, bias, finish, width);
      else
        finish_row(c_row, tile + r * width, bias, finish, n - j);
  }
}

void multiply(float* c, MatrixView a, MatrixView b, int m, int n, int k, const Finish& finish, MatmulWorkspace& workspace,
              const std::function<void()>& meanwhile) {
  const size_t a_panels = size_t(m + tile_rows - 1) / tile_rows;
  workspace.resize(std::max(workspace.size(), size_t(k) * (a_panels * tile_rows + tile_columns)));
  float* packed_b = workspace.data();
  float* packed_a = packed_b + size_t(k) * tile_columns;

  const bool a_in_place = n <= tile_columns;  // whole panels of it
  for (int i = a_in_place ? m / tile_rows * tile_rows : 0; i < m; i += tile_rows)
    with_height(m - i,
                [&](auto height) { pack_panel<height>(packed_a + size_t(k) * size_t(i), a, i, m, k); });
  for (int j = 0; j < n; j += tile_columns) {
    if (n - j > vector_floats)
      multiply_columns<2>(c, a, a_in_place, packed_a, b, j, m, n, k, finish, packed_b);
    else
      multiply_columns<1>(c, a, a_in_place, packed_a, b, j, m, n, k, finish, packed_b);
    if (meanwhile) meanwhile();
  }
}

}  // namespace

void matmul_packed(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish, MatmulWorkspace& workspace) {
  multiply(c, a, b, m, n, k, finish, workspace, {});
}
void matmul_packed(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish, MatmulWorkspace& workspace,
                   const std::function<void()>& meanwhile) {
  multiply(c, a, b, m, n, k, finish, workspace, meanwhile);
}

MatmulShape matmul_shape() { return {vector_floats, tile_rows, tile_columns}; }
