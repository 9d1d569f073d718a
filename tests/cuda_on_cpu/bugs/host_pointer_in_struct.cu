// expect: a kernel may not touch host memory & host_pointer_in_struct.cu:8
// build: check
#include "tests/cuda_on_cpu/require.h"

struct View {
  float* p;
};
__global__ void fill(View view) { view.p[threadIdx.x] = 1; }

int main() {
  static float host[32];
  fill<<<1, 32>>>(View{host});
  OK(cudaDeviceSynchronize());
}
