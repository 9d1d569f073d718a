// While an object of this lives, the processor takes denormal floats for zero and writes zeros in their place.
//
// The instruction that multiplies bf16 does so, whatever the processor is told; ordinary multiplications do as they are told.
#pragma once

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif
#include <cstdint>

class FlushDenormals {
 public:
  explicit FlushDenormals(bool flush = true) : before_(get()) {
    if (flush) set(before_ | bits);
  }
  ~FlushDenormals() { set(before_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
#if defined(__SSE2__)
  static constexpr uint64_t bits = 0x8040;  // MXCSR: flush results to zero, take denormal operands for zero
  static uint64_t get() { return _mm_getcsr(); }
  static void set(uint64_t value) { _mm_setcsr(unsigned(value)); }
#elif defined(__aarch64__)
  static constexpr uint64_t bits = 1 << 24;  // FPCR: both
  static uint64_t get() {
    uint64_t value;
    asm volatile("mrs %0, fpcr" : "=r"(value));
    return value;
  }
  static void set(uint64_t value) { asm volatile("msr fpcr, %0" : : "r"(value)); }
#else
  static constexpr uint64_t bits = 0;
  static uint64_t get() { return 0; }
  static void set(uint64_t) {}
#endif
  uint64_t before_;
};
