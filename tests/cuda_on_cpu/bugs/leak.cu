// expect: leak: 128 bytes of device memory allocated at ~:6 were never freed & 1 finding; exit status 66
#include "tests/cuda_on_cpu/require.h"

int main() {
  float* p;
  OK(cudaMalloc(&p, 128));
}
