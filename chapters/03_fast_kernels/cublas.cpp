#include "chapters/03_fast_kernels/cublas.h"

#include <dlfcn.h>

#include <algorithm>

namespace {

// The four functions that we need, as cublas_v2.h declares them: status 0 is success, operation 0 is "as it is", 1 is
// "transposed".
using Create = int(void** handle);
using Destroy = int(void* handle);
using SetStream = int(void* handle, cudaStream_t stream);
using Sgemm = int(void* handle, int operation_a, int operation_b, int m, int n, int k, const float* alpha,
                  const float* a, int step_a, const float* b, int step_b, const float* beta, float* c,
                  int step_c);

template <class Function>
Function* find(void* library, const char* name) {
  return reinterpret_cast<Function*>(dlsym(library, name));
}

}  // namespace

Cublas::Cublas(cudaStream_t stream) {
  for (const char* name : {"libcublas.so", "libcublas.so.13", "libcublas.so.12", "libcublas.so.11"})
    if ((library_ = dlopen(name, RTLD_NOW | RTLD_LOCAL))) break;
  if (!library_) return;
  auto* create = find<Create>(library_, "cublasCreate_v2");
  auto* set_stream = find<SetStream>(library_, "cublasSetStream_v2");
  if (!create || !set_stream || create(&handle_) != 0) handle_ = nullptr;
  if (handle_) set_stream(handle_, stream);
}

Cublas::~Cublas() {
  if (handle_) find<Destroy>(library_, "cublasDestroy_v2")(handle_);
  // The library stays loaded: it has things of its own to do at the end of the program.
}

// cuBLAS counts down columns: our row-major c is its transposed c, and cᵀ = bᵀ · aᵀ. A row-major matrix is for it a
// matrix as it is, a transposed view one to be transposed.
bool Cublas::matmul(float* c, MatrixView a, MatrixView b, int m, int n, int k) {
  const float one = 1, zero = 0;
  auto transposed = [](const MatrixView& v) { return v.column_step != 1; };
  auto step = [](const MatrixView& v) { return int(std::max(v.row_step, v.column_step)); };
  return find<Sgemm>(library_, "cublasSgemm_v2")(handle_, transposed(b), transposed(a), n, m, k, &one, b.data,
                                                 step(b), a.data, step(a), &zero, c, n) == 0;
}
