// NVIDIA's own product, as a yardstick. Looked for when the program runs; nothing is linked.
#pragma once

#include "chapters/01_serial/matmul.h"
#include "chapters/02_cuda/stream.h"

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

 private:
  void* library_ = nullptr;
  void* handle_ = nullptr;
};
