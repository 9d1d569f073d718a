// expect: arch_outside_of_a_function.cu:4:2: error: __CUDA_ARCH__ outside of a function: cuda_on_cpu compiles a file once
#include <cuda_runtime.h>

#ifdef __CUDA_ARCH__
#define ROOT(x) __fsqrt_rn(x)
#else
#define ROOT(x) sqrtf(x)
#endif

__host__ __device__ float root(float x) { return ROOT(x); }
int main() { return root(4) == 2 ? 0 : 1; }
