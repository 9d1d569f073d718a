// A barrier of another file: bugs/barriers_of_two_files.cu has one on the same line.
#pragma once




__device__ inline void meet() {
  __syncthreads();
}
__device__ inline unsigned vote() {
  return __ballot_sync(0xffffffffu, 1);
}
