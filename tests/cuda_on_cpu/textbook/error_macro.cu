// The macro of every course, an error on purpose, and what reads it.
#include <cstdio>
#include <cstdlib>
#define gpuErrchk(ans) { gpuAssert((ans), __FILE__, __LINE__); }
inline void gpuAssert(cudaError_t code, const char* file, int line, bool abort = true) {
  if (code != cudaSuccess) {
    fprintf(stderr, "GPUassert: %s %s %d\n", cudaGetErrorString(code), file, line);
    if (abort) exit(code);
  }
}
__global__ void nothing() {}
int main() {
  void* p = nullptr;
  gpuErrchk(cudaMalloc(&p, 1024));
  nothing<<<1, 4096>>>();  // too many threads
  cudaError_t error = cudaPeekAtLastError();
  if (error != cudaErrorInvalidConfiguration || cudaGetLastError() != error || cudaGetLastError() != cudaSuccess) return 1;
  nothing<<<1, 32>>>();
  gpuErrchk(cudaGetLastError());
  gpuErrchk(cudaDeviceSynchronize());
  gpuErrchk(cudaFree(p));
}
