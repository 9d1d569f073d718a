// What the threads of a block do together: barriers, and the votes, shuffles and reductions of a warp.
// A waiting thread is a suspended fiber (block.cpp); the last lane that arrives computes for all (warp.cpp).
#pragma once

#include <type_traits>

#include "cuda_on_cpu/launch.h"

namespace cuda_on_cpu {

struct BarrierResult {
  int count;  // of threads whose predicate was not zero
  bool all;
};
BarrierResult barrier(bool predicate, SourceLine source);

// One lane's part in a warp operation. `value` and `result` are the lane's own memory, alive while it waits.
enum class WarpOperation { sync, shuffle, ballot, match_any, match_all, add, min, max, min_signed, max_signed, bit_and,
                           bit_or, bit_xor, matrix, active };
struct WarpLane {
  const void* value;
  void* result;
  int bytes;
  int source;                                  // shuffle: the lane to read
  void (*matrix)(WarpLane* const (&lanes)[32]);  // matrix: the product of the fragments of all lanes
};
void warp_meet(WarpOperation operation, unsigned mask, WarpLane& lane, SourceLine source);
[[noreturn]] void device_trap(SourceLine source);
void yield();

inline int lane_number() { return static_cast<int>(running.thread.number % 32); }

template <class T>
CUDA_ON_CPU_RUNTIME T shuffle(unsigned mask, T value, int lane, SourceLine source) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8, "a shuffle moves 2, 4 or 8 bytes");
  T result;
  WarpLane part{&value, &result, sizeof(T), lane, nullptr};
  warp_meet(WarpOperation::shuffle, mask, part, source);
  return result;
}

template <class Result, class T>
CUDA_ON_CPU_RUNTIME Result warp_operation(WarpOperation operation, unsigned mask, T value, SourceLine source) {
  Result result{};
  WarpLane part{&value, &result, sizeof(T), 0, nullptr};
  warp_meet(operation, mask, part, source);
  return result;
}

}  // namespace cuda_on_cpu

// Barriers. All threads of the block that have not returned must come to the same line.

inline void __syncthreads(cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  const cuda_on_cpu::OthersRun others;
  cuda_on_cpu::barrier(false, source);
}
inline int __syncthreads_count(int predicate, cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  const cuda_on_cpu::OthersRun others;
  return cuda_on_cpu::barrier(predicate != 0, source).count;
}
inline int __syncthreads_and(int predicate, cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  const cuda_on_cpu::OthersRun others;
  return cuda_on_cpu::barrier(predicate != 0, source).all;
}
inline int __syncthreads_or(int predicate, cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  return __syncthreads_count(predicate, source) != 0;
}

// Memory is sequentially consistent here; a fence only tells the checker that what comes before it is published.
inline void __threadfence() { CUDA_ON_CPU_NOTE_FENCE(); }
inline void __threadfence_block() { CUDA_ON_CPU_NOTE_FENCE(); }
inline void __threadfence_system() { CUDA_ON_CPU_NOTE_FENCE(); }

// Lets other threads of the block run; without it a thread that spins on a flag spins for ever.
inline void __nanosleep(unsigned) {
  const cuda_on_cpu::OthersRun others;
  cuda_on_cpu::yield();
}
[[noreturn]] inline void __trap(cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) { cuda_on_cpu::device_trap(source); }

// Warps. No lane runs in lockstep with another: they meet here and nowhere else.

inline void __syncwarp(unsigned mask = 0xffffffffu, cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  const cuda_on_cpu::OthersRun others;
  cuda_on_cpu::WarpLane part{};
  cuda_on_cpu::warp_meet(cuda_on_cpu::WarpOperation::sync, mask, part, source);
}

// The lanes that come to this line together. With no lockstep: all that are here when the rest of the block cannot go on.
inline unsigned __activemask(cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  return cuda_on_cpu::warp_operation<unsigned>(cuda_on_cpu::WarpOperation::active, 1u << cuda_on_cpu::lane_number(), 0, source);
}

// Lanes are grouped by `width` (a power of two); a source outside the group is the lane itself.
template <class T>
T __shfl_sync(unsigned mask, T value, int source_lane, int width = 32,
              cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  int lane = cuda_on_cpu::lane_number();
  return cuda_on_cpu::shuffle(mask, value, (lane & ~(width - 1)) | (source_lane & (width - 1)), source);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32,
                 cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  int lane = cuda_on_cpu::lane_number(), from = lane - static_cast<int>(delta);
  return cuda_on_cpu::shuffle(mask, value, from < (lane & ~(width - 1)) ? lane : from, source);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32,
                   cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  int lane = cuda_on_cpu::lane_number(), from = lane + static_cast<int>(delta);
  return cuda_on_cpu::shuffle(mask, value, from > (lane | (width - 1)) ? lane : from, source);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = 32,
                  cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  int lane = cuda_on_cpu::lane_number(), from = lane ^ lane_mask;
  return cuda_on_cpu::shuffle(mask, value, from > (lane | (width - 1)) ? lane : from, source);
}

inline unsigned __ballot_sync(unsigned mask, int predicate, cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  return cuda_on_cpu::warp_operation<unsigned>(cuda_on_cpu::WarpOperation::ballot, mask, predicate, source);
}
inline int __any_sync(unsigned mask, int predicate, cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  return __ballot_sync(mask, predicate, source) != 0;
}
inline int __all_sync(unsigned mask, int predicate, cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  return __ballot_sync(mask, !predicate, source) == 0;
}
template <class T>
unsigned __match_any_sync(unsigned mask, T value, cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  return cuda_on_cpu::warp_operation<unsigned>(cuda_on_cpu::WarpOperation::match_any, mask, value, source);
}
template <class T>
unsigned __match_all_sync(unsigned mask, T value, int* all, cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  unsigned same = cuda_on_cpu::warp_operation<unsigned>(cuda_on_cpu::WarpOperation::match_all, mask, value, source);
  *all = same != 0;
  return same;
}

#define CUDA_ON_CPU_REDUCE(T, name, operation)                                                                     \
  inline T __reduce_##name##_sync(unsigned mask, T value, cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {  \
    return cuda_on_cpu::warp_operation<T>(cuda_on_cpu::WarpOperation::operation, mask, value, source);             \
  }
CUDA_ON_CPU_REDUCE(unsigned, add, add)
CUDA_ON_CPU_REDUCE(unsigned, min, min)
CUDA_ON_CPU_REDUCE(unsigned, max, max)
CUDA_ON_CPU_REDUCE(int, add, add)
CUDA_ON_CPU_REDUCE(int, min, min_signed)
CUDA_ON_CPU_REDUCE(int, max, max_signed)
CUDA_ON_CPU_REDUCE(unsigned, and, bit_and)
CUDA_ON_CPU_REDUCE(unsigned, or, bit_or)
CUDA_ON_CPU_REDUCE(unsigned, xor, bit_xor)
#undef CUDA_ON_CPU_REDUCE
