// expect: expected a kernel before '<<<'
#include <cuda_runtime.h>

void f(float* p) {
  <<<1, 32>>>(p);
}
