// What half and bfloat16 have in common: arithmetic is done in float and rounded once.
#pragma once

#include <cmath>
#include <cstdint>

#include "cuda_on_cpu/math.h"
#include "cuda_on_cpu/vector_types.h"

// The default constructor is trivial: __shared__ arrays have no initialiser.
#define CUDA_ON_CPU_SIXTEEN_BITS(T, bits_of, value_of)                                                     \
  struct T##_raw { unsigned short x; };                                                                    \
  struct T {                                                                                               \
    uint16_t bits;                                                                                         \
    T() = default;                                                                                         \
    T(float value) : bits(cuda_on_cpu::bits_of(value)) {}                                                  \
    T(double value) : bits(cuda_on_cpu::bits_of(static_cast<float>(value))) {}                             \
    T(int value) : bits(cuda_on_cpu::bits_of(static_cast<float>(value))) {}                                \
    T(T##_raw raw) : bits(raw.x) {}                                                                        \
    operator float() const { return cuda_on_cpu::value_of(bits); }                                         \
    operator T##_raw() const { return {bits}; }                                                            \
  };                                                                                                       \
  struct alignas(4) T##2 { T x, y; };                                                                      \
  inline T operator+(T a, T b) { return float(a) + float(b); }                                             \
  inline T operator-(T a, T b) { return float(a) - float(b); }                                             \
  inline T operator*(T a, T b) { return float(a) * float(b); }                                             \
  inline T operator/(T a, T b) { return float(a) / float(b); }                                             \
  inline T operator-(T a) { return T##_raw{static_cast<unsigned short>(a.bits ^ 0x8000u)}; }               \
  inline T& operator+=(T& a, T b) { return a = a + b; }                                                    \
  inline T& operator-=(T& a, T b) { return a = a - b; }                                                    \
  inline T& operator*=(T& a, T b) { return a = a * b; }                                                    \
  inline T& operator/=(T& a, T b) { return a = a / b; }                                                    \
  inline bool operator==(T a, T b) { return float(a) == float(b); }                                        \
  inline bool operator!=(T a, T b) { return float(a) != float(b); }                                        \
  inline bool operator<(T a, T b) { return float(a) < float(b); }                                          \
  inline bool operator>(T a, T b) { return float(a) > float(b); }                                          \
  inline bool operator<=(T a, T b) { return float(a) <= float(b); }                                        \
  inline bool operator>=(T a, T b) { return float(a) >= float(b); }                                        \
  inline float __low2float(T##2 v) { return v.x; }                                                         \
  inline float __high2float(T##2 v) { return v.y; }
