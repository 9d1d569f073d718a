// Asynchronous copies from global to shared memory. A copy becomes visible at the wait that covers it, and not a moment
// earlier: until then its destination is poisoned (0xff bytes, a NaN), so that a missing wait shows in the result.
#pragma once

#include "cuda_on_cpu/launch.h"

namespace cuda_on_cpu {
// `where` is an address in the program, for the checker.
void copy_async(void* shared, const void* global, size_t bytes, size_t zero_fill, const void* where, SourceLine source);
void copy_commit();
void copy_wait(unsigned newest_left_alone);
}  // namespace cuda_on_cpu

// bytes: 4, 8 or 16, both addresses aligned to it; the last `zero_fill` of them are written as zero, not read.
CUDA_ON_CPU_RUNTIME inline void __pipeline_memcpy_async(void* __restrict__ shared, const void* __restrict__ global,
                                                        size_t bytes, size_t zero_fill = 0,
                                                        cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  const cuda_on_cpu::OthersRun others;
  cuda_on_cpu::copy_async(shared, global, bytes, zero_fill, __builtin_return_address(0), source);
}
inline void __pipeline_commit() { cuda_on_cpu::copy_commit(); }

// Waits until at most the newest `newest_left_alone` committed batches of this thread are still under way.
inline void __pipeline_wait_prior(size_t newest_left_alone) {
  const cuda_on_cpu::OthersRun others;
  cuda_on_cpu::copy_wait(static_cast<unsigned>(newest_left_alone));
}
