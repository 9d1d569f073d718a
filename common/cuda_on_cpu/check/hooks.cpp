// The functions that -fsanitize=thread puts in front of every access to memory: ours instead of ThreadSanitizer's.
// The host's code is instrumented, too: it is only asked whether it touches device memory.
#include <cstring>

#include "common/cuda_on_cpu/check/shadow.h"

namespace cuda_on_cpu {

namespace {

// The symbols' sections lie in the program, far from the arena; two comparisons tell most of the host's accesses apart.
bool may_be_device(const char* address) {
  static const std::vector<Section>& sections = *new std::vector<Section>(device_sections());
  if (in_arena(address)) return true;
  for (const Section& section : sections)
    if (address >= section.begin && address < section.end) return true;
  return false;
}

inline void accessed(Access access, const volatile void* pointer, size_t bytes, const void* code, bool need_alignment = true,
                     bool is_traffic = true) {
  const char* address = const_cast<const char*>(static_cast<const volatile char*>(pointer));
  if (current_kernel()) {
    if (on_fiber_stack(address)) return;
    check_access(access, address, bytes, where_of(code), need_alignment);
    if (is_traffic) count_traffic(access, address, bytes, where_of(code));
  } else if (may_be_device(address)) {
    check_host_access(access, address, where_of(code));
  }
}

}  // namespace

void note_access(Access access, const volatile void* begin, size_t bytes, const void* where) {
  accessed(access, begin, bytes, where, true, false);
}
void note_fence() {
  if (current_kernel()) fence(running.thread.number);
}

}  // namespace cuda_on_cpu

using cuda_on_cpu::Access;
using cuda_on_cpu::accessed;

extern "C" {

void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}
void __tsan_ignore_thread_begin() {}
void __tsan_ignore_thread_end() {}

#define HOOK(bytes)                                                                                                       \
  void __tsan_read##bytes(void* p) { accessed(Access::read, p, bytes, __builtin_return_address(0)); }                     \
  void __tsan_write##bytes(void* p) { accessed(Access::write, p, bytes, __builtin_return_address(0)); }                   \
  void __tsan_volatile_read##bytes(void* p) { accessed(Access::read, p, bytes, __builtin_return_address(0)); }            \
  void __tsan_volatile_write##bytes(void* p) { accessed(Access::write, p, bytes, __builtin_return_address(0)); }          \
  void __tsan_unaligned_read##bytes(void* p) { accessed(Access::read, p, bytes, __builtin_return_address(0), false); }    \
  void __tsan_unaligned_write##bytes(void* p) { accessed(Access::write, p, bytes, __builtin_return_address(0), false); }  \
  void __tsan_read_write##bytes(void* p) {                                                                                \
    accessed(Access::read, p, bytes, __builtin_return_address(0));                                                        \
    accessed(Access::write, p, bytes, __builtin_return_address(0));                                                       \
  }
HOOK(1)
HOOK(2)
HOOK(4)
HOOK(8)
HOOK(16)
#undef HOOK
void __tsan_read_range(void* p, size_t bytes) { accessed(Access::read, p, bytes, __builtin_return_address(0)); }
void __tsan_write_range(void* p, size_t bytes) { accessed(Access::write, p, bytes, __builtin_return_address(0)); }

// The Makefile sends the instrumented files' memcpy, memmove and memset here: compilers copy large structs by them.
void* __tsan_memmove(void* to, const void* from, size_t bytes) {
  if (bytes == 0) return to;
  accessed(Access::read, from, bytes, __builtin_return_address(0), false);
  accessed(Access::write, to, bytes, __builtin_return_address(0), false);
  return std::memmove(to, from, bytes);
}
void* __tsan_memcpy(void* to, const void* from, size_t bytes) __attribute__((alias("__tsan_memmove")));
void* __tsan_memset(void* to, int value, size_t bytes) {
  if (bytes == 0) return to;
  accessed(Access::write, to, bytes, __builtin_return_address(0), false);
  return std::memset(to, value, bytes);
}

// std::atomic and the __atomic built-in functions. One kernel thread runs at a time, but the host may have several.
#define ATOMIC_UPDATE(bits, type, name)                                               \
  type __tsan_atomic##bits##_##name(volatile type* p, type value, int) {              \
    accessed(Access::atomic, p, sizeof(type), __builtin_return_address(0));           \
    return __atomic_##name(p, value, __ATOMIC_SEQ_CST);                               \
  }
#define ATOMIC_COMPARE(bits, type, name)                                                                      \
  int __tsan_atomic##bits##_compare_exchange_##name(volatile type* p, type* expected, type value, int, int) { \
    accessed(Access::atomic, p, sizeof(type), __builtin_return_address(0));                                   \
    return __atomic_compare_exchange_n(p, expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);        \
  }
#define ATOMIC(bits, type)                                                            \
  type __tsan_atomic##bits##_load(const volatile type* p, int) {                      \
    accessed(Access::atomic, p, sizeof(type), __builtin_return_address(0));           \
    return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                      \
  }                                                                                   \
  void __tsan_atomic##bits##_store(volatile type* p, type value, int) {               \
    accessed(Access::atomic, p, sizeof(type), __builtin_return_address(0));           \
    __atomic_store_n(p, value, __ATOMIC_SEQ_CST);                                     \
  }                                                                                   \
  type __tsan_atomic##bits##_exchange(volatile type* p, type value, int) {            \
    accessed(Access::atomic, p, sizeof(type), __builtin_return_address(0));           \
    return __atomic_exchange_n(p, value, __ATOMIC_SEQ_CST);                           \
  }                                                                                   \
  ATOMIC_UPDATE(bits, type, fetch_add)                                                \
  ATOMIC_UPDATE(bits, type, fetch_sub)                                                \
  ATOMIC_UPDATE(bits, type, fetch_and)                                                \
  ATOMIC_UPDATE(bits, type, fetch_or)                                                 \
  ATOMIC_UPDATE(bits, type, fetch_xor)                                                \
  ATOMIC_UPDATE(bits, type, fetch_nand)                                               \
  ATOMIC_COMPARE(bits, type, strong)                                                  \
  ATOMIC_COMPARE(bits, type, weak)
ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)
#undef ATOMIC
#undef ATOMIC_COMPARE
#undef ATOMIC_UPDATE
void __tsan_atomic_thread_fence(int) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
void __tsan_atomic_signal_fence(int) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }
}
