// The matrix product near the peak of one core, written once for every shape and all three transpositions.
//
// The plain loops load and store an element of c for every multiplication, and a core can do several times more
// multiplications than loads. So keep a tile of c in registers, and let every loaded value of a and b serve a whole row
// or column of that tile:
//
//   1. pack:   copy a into panels of `tile_rows` rows and b into panels of two vectors of columns, in the order in which
//              they will be read. Edges are padded with zeros: the kernel knows no edges.
//   2. kernel: one tile of c, all of k. Per step of k: load two vectors of b, broadcast tile_rows values of a,
//              2 * tile_rows fused multiply-adds, no store.
//   3. finish: add the bias, apply ReLU, add to c, while the tile is in the first-level cache.
//
// The kernel is a template of the tile's size, so that a last panel of 8 rows or 10 columns is not computed as 12 and 32.
// An element's sum is the same chain of operations in every instance.
//
// A panel of b stays in the second-level cache while all panels of a stream past it.
// After Goto, van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3), 2008.
#include "chapters/01_serial/matmul.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace {

// The vector registers of the processor that we compile for, and how many: a tile must leave three of them free.
#if defined(__AVX512F__)
constexpr int vector_floats = 16, registers = 32;
#elif defined(__AVX__)
constexpr int vector_floats = 8, registers = 16;
#elif defined(__aarch64__)
constexpr int vector_floats = 4, registers = 32;
#else
constexpr int vector_floats = 4, registers = 16;
#endif
constexpr int tile_rows = registers == 32 ? 12 : 6;
constexpr int row_unit = tile_rows / 3;  // panels have one, two or three of these
constexpr int k_block = 512;             // terms added up in registers; part of the arithmetic contract
constexpr int prefetch_distance = 16;

typedef float Vector
    __attribute__((vector_size(vector_floats * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef float Four __attribute__((vector_size(16), aligned(sizeof(float)), may_alias));
typedef int FourInt __attribute__((vector_size(16)));

// out[4 * height], rows `height` apart = the transpose of the 4 x 4 block at `in`, rows `step` apart.
template <int height>
void transpose_block(float* out, const float* in, size_t step) {
  const Four r0 = *(const Four*)in, r1 = *(const Four*)(in + step);
  const Four r2 = *(const Four*)(in + 2 * step), r3 = *(const Four*)(in + 3 * step);
  const FourInt low{0, 4, 1, 5}, high{2, 6, 3, 7}, front{0, 1, 4, 5}, back{2, 3, 6, 7};
  const Four low01 = __builtin_shuffle(r0, r1, low), high01 = __builtin_shuffle(r0, r1, high);
  const Four low23 = __builtin_shuffle(r2, r3, low), high23 = __builtin_shuffle(r2, r3, high);
  *(Four*)out = __builtin_shuffle(low01, low23, front);
  *(Four*)(out + height) = __builtin_shuffle(low01, low23, back);
  *(Four*)(out + 2 * height) = __builtin_shuffle(high01, high23, front);
  *(Four*)(out + 3 * height) = __builtin_shuffle(high01, high23, back);
}

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
  const int row_blocks = a.column_step == 1 ? rows / 4 * 4 : 0,
            k_blocks = k / 4 * 4;  // what 4 x 4 blocks cover
  for (int r = 0; r < row_blocks; r += 4)
    for (int p = 0; p < k_blocks; p += 4)
      transpose_block<height>(panel + p * height + r, source + size_t(r) * a.row_step + p, a.row_step);
  for (int r = 0; r < rows; ++r)
    for (int p = r < row_blocks ? k_blocks : 0; p < k; ++p)
      panel[p * height + r] = source[size_t(r) * a.row_step + size_t(p) * a.column_step];
}

// tile (height, width vectors) = sum over k of a panel's column times b panel's row.
template <int height, int width>
void kernel(float* tile, const float* a, const float* b, int k) {
  for (int first = 0; first < k; first += k_block) {
    Vector sum[height][width] = {};
    for (int p = first; p < std::min(first + k_block, k); ++p, a += height, b += width * vector_floats) {
      const Vector* b_row = (const Vector*)b;
#pragma GCC unroll 16
      for (int r = 0; r < height; ++r)
#pragma GCC unroll 2
        for (int v = 0; v < width; ++v) sum[r][v] += a[r] * b_row[v];
    }
    Vector* out = (Vector*)tile;
#pragma GCC unroll 16
    for (int r = 0; r < height; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < width; ++v)
        out[width * r + v] = first == 0 ? sum[r][v] : out[width * r + v] + sum[r][v];
  }
}

// Writes the part of a tile, rows `width` floats apart, that lies inside c: `c` points to its first element there, rows
// of c are n apart.
// Writes the part of a tile that lies inside c: `c` points to its first element, rows of c are n apart.
template <int width>
void finish_tile(float* c, const float* tile, int rows, int columns, int n, const Finish& finish,
                 const float* bias) {
  for (int r = 0; r < rows; ++r, c += n, tile += width) {
    for (int j = 0; j < columns; ++j) {
      float value = bias ? tile[j] + bias[j] : tile[j];
      if (finish.activation == Activation::relu) value = std::max(value, 0.0f);
      c[j] = finish.write == Write::accumulate ? c[j] + value : value;
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
void multiply_columns(float* c, const float* packed_a, MatrixView b, int j, int m, int n, int k,
                      const Finish& finish, float* packed_b) {
  constexpr int width = vectors * vector_floats;
  alignas(64) float tile[tile_rows * width] = {};  // zeros: the sum of no terms, if k == 0
  pack_panel<width>(packed_b, b.transposed(), j, n, k);
  for (int i = 0; i < m; i += tile_rows, packed_a += size_t(k) * tile_rows) {
    const int rows = std::min(tile_rows, m - i);
    float* c_tile = c + size_t(i) * size_t(n) + j;
    for (int r = 0; r < rows; ++r) {  // c arrives from memory while the kernel computes
      __builtin_prefetch(c_tile + size_t(r) * size_t(n), 1);
      __builtin_prefetch(c_tile + size_t(r) * size_t(n) + width / 2, 1);
    }
    with_height(rows, [&](auto height) { kernel<height, vectors>(tile, packed_a, packed_b, k); });
    finish_tile<width>(c_tile, tile, rows, std::min(width, n - j), n, finish,
                       finish.bias ? finish.bias + j : nullptr);
  }
}

}  // namespace

void matmul_packed(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                   MatmulWorkspace& workspace) {
  const size_t a_panels = size_t(m + tile_rows - 1) / tile_rows;
  workspace.resize(std::max(workspace.size(), size_t(k) * (a_panels * tile_rows + 2 * vector_floats)));
  float* packed_b = workspace.data();
  float* packed_a = packed_b + size_t(k) * 2 * vector_floats;

  for (int i = 0; i < m; i += tile_rows)
    with_height(m - i,
                [&](auto height) { pack_panel<height>(packed_a + size_t(k) * size_t(i), a, i, m, k); });
  for (int j = 0; j < n; j += 2 * vector_floats) {
    if (n - j > vector_floats)
      multiply_columns<2>(c, packed_a, b, j, m, n, k, finish, packed_b);
    else
      multiply_columns<1>(c, packed_a, b, j, m, n, k, finish, packed_b);
  }
}

MatmulShape matmul_shape() { return {vector_floats, tile_rows, 2 * vector_floats}; }
