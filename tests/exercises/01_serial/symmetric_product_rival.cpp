// What symmetric_product is measured against: the definition.
void symmetric_product(float* c, const float* x, int n, int k) {
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      float sum = 0;
      for (int p = 0; p < k; ++p) sum += x[i * k + p] * x[j * k + p];
      c[i * n + j] = sum;
    }
}
