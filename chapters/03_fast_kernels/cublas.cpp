#include "chapters/03_fast_kernels/cublas.h"

#include <dlfcn.h>

#include <algorithm>

namespace {

// The five functions that we need, as cublas_v2.h declares them: status 0 is success, operation 0 is "as it is", 1 is
// "transposed".
using Create = int(void** handle);
using Destroy = int(void* handle);
using SetStream = int(void* handle, cudaStream_t stream);
using Sgemm = int(void* handle, int operation_a, int operation_b, int m, int n, int k, const float* alpha,
                  const float* a, int step_a, const float* b, int step_b, const float* beta, float* c,
                  int step_c);
using GemmEx = int(void* handle, int operation_a, int operation_b, int m, int n, int k, const void* alpha, const void* a,
                   int kind_of_a, int step_a, const void* b, int kind_of_b, int step_b, const void* beta, void* c,
                   int kind_of_c, int step_c, int compute, int algorithm);
constexpr int float_numbers = 0, bf16_numbers = 14;    // CUDA_R_32F, CUDA_R_16BF
constexpr int float_sums = 68, its_own_choice = -1;    // CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT

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

// cᵀ (n, m) = b_transposed (n, k) · aᵀ: for cuBLAS our b_transposed is (k, n), to be transposed, and our a is (k, m) as it is.
bool Cublas::matmul_bf16(float* c, const fast::Bf16* a, const fast::Bf16* b_transposed, int m, int n, int k) {
  const float one = 1, zero = 0;
  const int step = fast::padded(k, fast::rounded_depth);
  auto* gemm = find<GemmEx>(library_, "cublasGemmEx");
  return gemm && gemm(handle_, 1, 0, n, m, k, &one, b_transposed, bf16_numbers, step, a, bf16_numbers, step, &zero, c, float_numbers, n,
                      float_sums, its_own_choice) == 0;
}
