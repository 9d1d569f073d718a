// A barrier and a vote of another file: bugs/barriers_of_two_files.cu and bugs/votes_of_two_files.cu have theirs on the same lines.
#pragma once




__device__ inline void meet() {
  __syncthreads();
}
__device__ inline unsigned vote() {
  return __ballot_sync(0xffffffffu, 1);
}
