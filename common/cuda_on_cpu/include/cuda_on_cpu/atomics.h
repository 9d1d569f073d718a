// Atomic operations. One thread of a kernel runs at a time and nothing interrupts it, so a plain read and write is
// atomic here; the check build tells an atomic access from a plain one.
#pragma once

#include "cuda_on_cpu/check.h"
#include "cuda_on_cpu/vector_types.h"

namespace cuda_on_cpu {
template <class T> struct Same { using type = T; };  // keeps an argument out of deduction: atomicAdd(&float, 1)
template <class T> using Value = typename Same<T>::type;
template <class T, class... Allowed> concept OneOf = (__is_same(T, Allowed) || ...);
template <class T> concept Word = OneOf<T, int, unsigned, unsigned long long>;
template <class T> concept Unsigned = OneOf<T, unsigned>;
template <class T> concept Subtractable = OneOf<T, int, unsigned>;
template <class T> concept Ordered = Word<T> || OneOf<T, long long>;
template <class T> concept Addable = Word<T> || OneOf<T, float, double>;
template <class T> concept Exchangeable = Word<T> || OneOf<T, float>;
template <class T> concept Comparable = Word<T> || OneOf<T, unsigned short>;
}  // namespace cuda_on_cpu

// Each is defined for the device, for the block (_block) and for the whole system (_system): the same here.
#define CUDA_ON_CPU_ATOMIC_AS(name, Allowed, update)                                        \
  template <cuda_on_cpu::Allowed T>                                                         \
  CUDA_ON_CPU_RUNTIME inline T name(T* address, cuda_on_cpu::Value<T> value) {              \
    CUDA_ON_CPU_NOTE(atomic, address, sizeof(T));                                           \
    T old = *address;                                                                       \
    *address = (update);                                                                    \
    return old;                                                                             \
  }
#define CUDA_ON_CPU_ATOMIC(name, Allowed, update)   \
  CUDA_ON_CPU_ATOMIC_AS(name, Allowed, update)      \
  CUDA_ON_CPU_ATOMIC_AS(name##_block, Allowed, update) \
  CUDA_ON_CPU_ATOMIC_AS(name##_system, Allowed, update)

CUDA_ON_CPU_ATOMIC(atomicAdd, Addable, old + value)
CUDA_ON_CPU_ATOMIC(atomicExch, Exchangeable, (void(old), value))
CUDA_ON_CPU_ATOMIC(atomicMin, Ordered, value < old ? value : old)
CUDA_ON_CPU_ATOMIC(atomicMax, Ordered, old < value ? value : old)
CUDA_ON_CPU_ATOMIC(atomicAnd, Word, old & value)
CUDA_ON_CPU_ATOMIC(atomicOr, Word, old | value)
CUDA_ON_CPU_ATOMIC(atomicXor, Word, old ^ value)
CUDA_ON_CPU_ATOMIC(atomicSub, Subtractable, old - value)
CUDA_ON_CPU_ATOMIC(atomicInc, Unsigned, old >= value ? 0 : old + 1)
CUDA_ON_CPU_ATOMIC(atomicDec, Unsigned, old == 0 || old > value ? value : old - 1)
#undef CUDA_ON_CPU_ATOMIC
#undef CUDA_ON_CPU_ATOMIC_AS

template <cuda_on_cpu::Comparable T>
CUDA_ON_CPU_RUNTIME inline T atomicCAS(T* address, cuda_on_cpu::Value<T> expected, cuda_on_cpu::Value<T> value) {
  CUDA_ON_CPU_NOTE(atomic, address, sizeof(T));
  T old = *address;
  if (old == expected) *address = value;
  return old;
}
