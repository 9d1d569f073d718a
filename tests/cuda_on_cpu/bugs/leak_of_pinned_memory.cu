// expect: leak: 128 bytes of pinned memory allocated at ~:6 were never freed
#include "tests/cuda_on_cpu/require.h"

int main() {
  float* p;
  OK(cudaMallocHost(&p, 128));
}
