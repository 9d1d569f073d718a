// The product, step 1 of 3: the definition. Three loops, one multiplication and one addition inside.
//
// The order of the loops is the first lesson. With p innermost, b is read down a column: each turn touches another cache
// line. With j innermost, as here, b and the row of sums are read along rows, and the compiler uses vector registers.
#include "chapters/01_serial/matmul_tile.h"

void matmul_loops(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish, MatmulWorkspace& workspace) {
  workspace.resize(std::max(workspace.size(), size_t(n)));
  float* sum = workspace.data();  // (n), of one row of c
  for (int i = 0; i < m; ++i) {
    std::fill_n(sum, n, 0.0f);
    for (int p = 0; p < k; ++p) {
      const float a_ip = a.data[size_t(i) * a.row_step + size_t(p) * a.column_step];
      const float* b_row = b.data + size_t(p) * b.row_step;
      for (int j = 0; j < n; ++j) sum[j] += a_ip * b_row[size_t(j) * b.column_step];
    }
    finish_row(c + size_t(i) * size_t(n), sum, finish.bias, finish, n);
  }
}
