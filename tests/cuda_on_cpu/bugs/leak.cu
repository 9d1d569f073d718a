// expect: leak: 128 bytes of device memory allocated at & leak.cu:6
#include "tests/cuda_on_cpu/require.h"

int main() {
  float* p;
  OK(cudaMalloc(&p, 128));
}
