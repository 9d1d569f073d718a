// expect: warp divergence: lane
#include "tests/cuda_on_cpu/require.h"

#include "tests/cuda_on_cpu/barrier.h"

__global__ void diverge(unsigned* votes) {
  if (threadIdx.x < 16) votes[threadIdx.x] = vote();



  else votes[threadIdx.x] = __ballot_sync(0xffffffffu, 0);
}

int main() {
  unsigned* votes;
  OK(cudaMalloc(&votes, 32 * sizeof(unsigned)));
  diverge<<<1, 32>>>(votes);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(votes));
}
// expect: waits at __ballot_sync of ~:11 | tests/cuda_on_cpu/barrier.h:11
