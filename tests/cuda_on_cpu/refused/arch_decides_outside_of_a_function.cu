// expect: arch_decides_outside_of_a_function.cu:4 & division by zero & #if __CUDA_ARCH__ >= 700
#include <cuda_runtime.h>

#if __CUDA_ARCH__ >= 700
constexpr int lanes = 32;
#else
constexpr int lanes = 1;
#endif

int main() { return lanes; }
