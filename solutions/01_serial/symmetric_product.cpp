// The symmetric product of a matrix with itself, faster than the three loops that define it.
#include <algorithm>
#include <cstddef>

// c (n, n) = x (n, k) · xᵀ, all row-major: c[i][j] is the product of row i and row j of x. So c is symmetric.
// Blocks of rows stay in cache, several sums at once keep the processor busy, and half of the work need not be done.
// Any n and k from 1 on. The judge wants 3 times the speed of three plain loops, on one core. Compiled with -O3.
void symmetric_product(float* c, const float* x, int n, int k) {
  // BEGIN SOLUTION
  constexpr size_t block = 64;
  const size_t rows = size_t(n), depth = size_t(k);
  float
      turned[block * block];  // (p, j): a block of x, transposed, so that the innermost loop runs along rows
  std::fill_n(c, rows * rows, 0.0f);
  for (size_t j0 = 0; j0 < rows; j0 += block)
    for (size_t p0 = 0; p0 < depth; p0 += block) {
      const size_t j1 = std::min(j0 + block, rows), p1 = std::min(p0 + block, depth);
      for (size_t p = p0; p < p1; ++p)
        for (size_t j = j0; j < j1; ++j) turned[(p - p0) * block + (j - j0)] = x[j * depth + p];
      for (size_t i = j0; i < rows; ++i)
        for (size_t p = p0; p < p1; ++p) {
          const float x_ip = x[i * depth + p];
          for (size_t j = j0; j < j1; ++j) c[i * rows + j] += x_ip * turned[(p - p0) * block + (j - j0)];
        }
    }
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = i + 1; j < rows; ++j) c[i * rows + j] = c[j * rows + i];
  // TODO
  // Start from three loops that are right. Then: which loop should be innermost, so that the compiler can use vectors?
  // STUB
  // END SOLUTION
}
