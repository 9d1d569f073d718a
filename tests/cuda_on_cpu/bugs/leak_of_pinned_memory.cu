// expect: leak: 128 bytes of pinned memory
#include "tests/cuda_on_cpu/require.h"

int main() {
  float* p;
  OK(cudaMallocHost(&p, 128));
}
