// NVIDIA's own product, as a yardstick. Looked for when the program runs; nothing is linked.
#pragma once

#include "chapters/03_fast_kernels/bf16.h"

class Cublas {
 public:
  // available() is false if the library is not there.
  explicit Cublas(cudaStream_t stream);
  ~Cublas();
  Cublas(const Cublas&) = delete;
  Cublas& operator=(const Cublas&) = delete;

  bool available() const { return handle_; }
  // c (m, n) = a (m, k) · b (k, n), all in float.  Returns false if cuBLAS refused.
  bool matmul(float* c, MatrixView a, MatrixView b, int m, int n, int k);
  // The same with rounded operands a (m, k) and b_transposed (n, k), as bf16.h has them; sums and c in float.
  bool matmul_bf16(float* c, const fast::Bf16* a, const fast::Bf16* b_transposed, int m, int n, int k);

 private:
  void* library_ = nullptr;
  void* handle_ = nullptr;
};
