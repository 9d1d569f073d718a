// What stands before me, in the memory of other GPUs: a prefix sum without messages.
#include "chapters/02_cuda/cuda_check.h"

#include <cstddef>

// result[r] (n) = x[0] + x[1] + ... + x[r - 1], element by element and added in this order, for every rank r; zeros for rank 0. x[r] (n)
// stays as it is, and lies in the memory of rank r, as result[r] does; a kernel of any rank may read it. There are 1 to 8 ranks, and n
// is any number. No two arrays overlap.
//
// One process stands for all ranks here, so no handles are opened and no tokens sent; the rest is as in chapter 05's peer window. streams[r]
// is the stream of rank r's GPU. It does not wait for another stream unless you make it: by event written[r], that x[r] is there, and event
// read[r], that rank r needs the vectors of the others no more. Both are for you to record. What was given to streams[r] before writes
// x[r]. What is given to it after this function reads result[r], and writes other numbers into x[r]. Then this function may be
// called once more, with the same events.
//
// The host waits for no stream.
constexpr int most_ranks = 8;

struct Vectors {  // for a kernel: those of all ranks
  const float* of[most_ranks];
};
inline Vectors vectors_of(const float* const* x, int ranks) {
  Vectors all{};
  for (int rank = 0; rank < ranks; ++rank) all.of[rank] = x[rank];
  return all;
}

// sum (n) = vectors.of[0] + ... + vectors.of[count - 1], in this order; zeros if count is 0.
__global__ void add_in_order_kernel(float* sum, Vectors vectors, int count, size_t n) {
  // BEGIN SOLUTION
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float value = 0;
  for (int rank = 0; rank < count; ++rank) value += vectors.of[rank][i];
  sum[i] = value;
  // TODO
  // One thread for each element.
  // STUB
  // END SOLUTION
}

void peer_prefix_sums(float* const* result, const float* const* x, size_t n, const cudaStream_t* streams, const cudaEvent_t* written,
                      const cudaEvent_t* read, int ranks) {
  const unsigned threads = 256, blocks = unsigned((n + threads - 1) / threads);
  if (n == 0) return;
  // BEGIN SOLUTION
  for (int rank = 0; rank < ranks; ++rank) {
    CUDA_CHECK(cudaEventRecord(written[rank], streams[rank]));
    for (int lower = 0; lower < rank; ++lower) CUDA_CHECK(cudaStreamWaitEvent(streams[rank], written[lower], 0));
    add_in_order_kernel<<<blocks, threads, 0, streams[rank]>>>(result[rank], vectors_of(x, ranks), rank, n);
    CUDA_CHECK(cudaGetLastError());
    CUDA_CHECK(cudaEventRecord(read[rank], streams[rank]));
  }
  for (int rank = 0; rank < ranks; ++rank)
    for (int higher = rank + 1; higher < ranks; ++higher) CUDA_CHECK(cudaStreamWaitEvent(streams[rank], read[higher], 0));
  // TODO
  // Whose vectors does rank r read, so for which events must its stream wait before its kernel? Who reads x[r], so for which must it wait
  // before it goes on? A wait for an event that is not recorded yet waits for nothing.
  // STUB
  // END SOLUTION
}
