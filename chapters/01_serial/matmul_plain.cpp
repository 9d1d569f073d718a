// The definition of the product: three loops, one multiplication and one addition inside.
//
// The order of the loops is the first lesson. With k innermost, b is read down a column: each step touches another
// cache line. With j innermost, as here, b and c are read along rows, and the compiler uses vector registers.
#include <algorithm>

#include "chapters/01_serial/matmul.h"

void matmul_plain(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish) {
  std::vector<float> row(static_cast<size_t>(n));
  for (int i = 0; i < m; ++i) {
    std::fill(row.begin(), row.end(), 0.0f);
    for (int p = 0; p < k; ++p) {
      const float a_ip = a.data[size_t(i) * a.row_step + size_t(p) * a.column_step];
      const float* b_row = b.data + size_t(p) * b.row_step;
      for (int j = 0; j < n; ++j) row[size_t(j)] += a_ip * b_row[size_t(j) * b.column_step];
    }
    float* c_row = c + size_t(i) * size_t(n);
    for (int j = 0; j < n; ++j) {
      float value = row[size_t(j)] + (finish.bias ? finish.bias[j] : 0.0f);
      if (finish.activation == Activation::relu) value = std::max(value, 0.0f);
      c_row[j] = finish.write == Write::accumulate ? c_row[j] + value : value;
    }
  }
}
