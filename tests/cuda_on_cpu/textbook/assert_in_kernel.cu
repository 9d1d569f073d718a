// assert in a kernel: one that holds.
#include <assert.h>
#include <stdio.h>
__global__ void testAssert(int is_one) {
  int should_be_one = 1;
  assert(is_one == should_be_one && "one");
}
int main() {
  testAssert<<<1, 1>>>(1);
  cudaDeviceSynchronize();
  return cudaGetLastError();
}
