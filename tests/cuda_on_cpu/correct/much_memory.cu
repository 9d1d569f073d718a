// More memory, in all, than the first pieces of address space hold: what was allocated before keeps its meaning.
#include "tests/cuda_on_cpu/require.h"

int main() {
  float one = 1, back = 0, *first, *later;
  OK(cudaMalloc(&first, sizeof one));
  OK(cudaMemcpy(first, &one, sizeof one, cudaMemcpyHostToDevice));
  for (size_t bytes : {size_t{50} << 20, size_t{100} << 20, size_t{60} << 20}) {
    OK(cudaMalloc(&later, bytes));
    cudaPointerAttributes attributes;
    OK(cudaPointerGetAttributes(&attributes, first));
    REQUIRE(attributes.type == cudaMemoryTypeDevice);
    OK(cudaMemcpy(reinterpret_cast<char*>(later) + bytes - sizeof one, first, sizeof one, cudaMemcpyDeviceToDevice));
    OK(cudaMemcpy(&back, reinterpret_cast<char*>(later) + bytes - sizeof one, sizeof one, cudaMemcpyDeviceToHost));
    REQUIRE(back == 1);
    OK(cudaFree(later));
  }
  OK(cudaFree(first));
}
