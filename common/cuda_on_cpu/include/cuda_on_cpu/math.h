// Device arithmetic that the C++ library does not have. The fast functions (__expf, ...) are exact here and are
// not on a GPU; roundings other than to nearest are not offered.
#pragma once

// In the C++ library's <math.h> and <stdlib.h> abs, pow, isnan, ... of the global namespace have their overloads.
#include <math.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <limits>
#include <type_traits>

namespace cuda_on_cpu {
template <class To, class From> To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}
// float to integer saturates on a GPU and is undefined in C++; NaN becomes 0, or the sign bit alone where 64 bits take part.
template <class Integer, class From> Integer to_integer(From rounded) {
  constexpr Integer least = std::numeric_limits<Integer>::min(), most = std::numeric_limits<Integer>::max();
  if (std::isnan(rounded)) return sizeof(From) < 8 && sizeof(Integer) < 8 ? 0 : Integer{1} << (8 * sizeof(Integer) - 1);
  if (rounded <= static_cast<From>(least)) return least;
  if (rounded >= static_cast<From>(most)) return most;
  return static_cast<Integer>(rounded);
}
inline double sin_pi(double x) {  // exact where the sine is 0, 1 or -1
  double turn = std::remainder(x, 2.0);
  if (std::fabs(turn) > 0.5) turn = std::copysign(1.0, turn) - turn;
  return std::sin(M_PI * turn);
}
inline double cos_pi(double x) { return sin_pi(0.5 - std::fabs(std::remainder(x, 2.0))); }

// x with erfc(x) = y, or with erf(x) = z where z = 1 - y is small: S. Winitzki's approximation, then Halley's steps.
inline double inverse_erfc(double y, double z) {
  if (!(y > 0 && y < 2)) return y == 0 ? HUGE_VAL : y == 2 ? -HUGE_VAL : NAN;
  double log = std::log(y) + std::log1p(z), middle = 2 / (M_PI * 0.147) + log / 2;
  if (std::fabs(z) < 0.5) log = std::log1p(-z * z), middle = 2 / (M_PI * 0.147) + log / 2;
  double x = std::copysign(std::sqrt(std::sqrt(middle * middle - log / 0.147) - middle), z);
  for (int step = 0; step < 4; ++step) {
    double excess = std::fabs(z) < 0.5 ? z - std::erf(x) : std::erfc(x) - y;
    double newton = excess / (-M_2_SQRTPI * std::exp(-x * x));
    x -= newton / (1 + x * newton);
  }
  return x;
}
}  // namespace cuda_on_cpu

// The mixtures of types that CUDA allows, and no others. Of a NaN and a number they give the number.
#define CUDA_ON_CPU_MIN_MAX(A, B, T, minimum, maximum)  \
  inline T min(A a, B b) { return minimum; }            \
  inline T max(A a, B b) { return maximum; }
#define CUDA_ON_CPU_MIN_MAX_INTEGER(A, B, T) \
  CUDA_ON_CPU_MIN_MAX(A, B, T, std::min<T>(static_cast<T>(a), static_cast<T>(b)), std::max<T>(static_cast<T>(a), static_cast<T>(b)))
#define CUDA_ON_CPU_MIN_MAX_INTEGERS(T)                        \
  CUDA_ON_CPU_MIN_MAX_INTEGER(T, T, T)                         \
  CUDA_ON_CPU_MIN_MAX_INTEGER(T, unsigned T, unsigned T)       \
  CUDA_ON_CPU_MIN_MAX_INTEGER(unsigned T, T, unsigned T)       \
  CUDA_ON_CPU_MIN_MAX_INTEGER(unsigned T, unsigned T, unsigned T)
CUDA_ON_CPU_MIN_MAX_INTEGERS(int)
CUDA_ON_CPU_MIN_MAX_INTEGERS(long)
CUDA_ON_CPU_MIN_MAX_INTEGERS(long long)
CUDA_ON_CPU_MIN_MAX(float, float, float, std::fmin(a, b), std::fmax(a, b))
CUDA_ON_CPU_MIN_MAX(double, double, double, std::fmin(a, b), std::fmax(a, b))
CUDA_ON_CPU_MIN_MAX(float, double, double, std::fmin(double(a), b), std::fmax(double(a), b))
CUDA_ON_CPU_MIN_MAX(double, float, double, std::fmin(a, double(b)), std::fmax(a, double(b)))
#undef CUDA_ON_CPU_MIN_MAX_INTEGERS
#undef CUDA_ON_CPU_MIN_MAX_INTEGER
#undef CUDA_ON_CPU_MIN_MAX
inline unsigned umin(unsigned a, unsigned b) { return min(a, b); }
inline unsigned umax(unsigned a, unsigned b) { return max(a, b); }
inline long long llmin(long long a, long long b) { return min(a, b); }
inline long long llmax(long long a, long long b) { return max(a, b); }
inline unsigned long long ullmin(unsigned long long a, unsigned long long b) { return min(a, b); }
inline unsigned long long ullmax(unsigned long long a, unsigned long long b) { return max(a, b); }

// Functions of double, of float by the name with f, and of float by overload. Those of float are the double's, rounded.
#define CUDA_ON_CPU_FLOAT(name, value) inline float name(float x) { return static_cast<float>(value); }
#define CUDA_ON_CPU_MATH(name, value)             \
  inline double name(double x) { return value; }  \
  CUDA_ON_CPU_FLOAT(name, name(double(x)))        \
  CUDA_ON_CPU_FLOAT(name##f, name(double(x)))
CUDA_ON_CPU_MATH(rsqrt, 1 / std::sqrt(x))
CUDA_ON_CPU_MATH(rcbrt, 1 / std::cbrt(x))
CUDA_ON_CPU_MATH(sinpi, cuda_on_cpu::sin_pi(x))
CUDA_ON_CPU_MATH(cospi, cuda_on_cpu::cos_pi(x))
CUDA_ON_CPU_MATH(normcdf, 0.5 * std::erfc(-x * M_SQRT1_2))
CUDA_ON_CPU_MATH(erfinv, cuda_on_cpu::inverse_erfc(1 - x, x))
CUDA_ON_CPU_MATH(erfcinv, cuda_on_cpu::inverse_erfc(x, 1 - x))
CUDA_ON_CPU_MATH(normcdfinv, -M_SQRT2 * cuda_on_cpu::inverse_erfc(2 * x, 1 - 2 * x))
#undef CUDA_ON_CPU_MATH
// The C library has these, but not for float by overload.
CUDA_ON_CPU_FLOAT(exp10, ::exp10f(x))
CUDA_ON_CPU_FLOAT(j0, ::j0f(x))
CUDA_ON_CPU_FLOAT(j1, ::j1f(x))
CUDA_ON_CPU_FLOAT(y0, ::y0f(x))
CUDA_ON_CPU_FLOAT(y1, ::y1f(x))
#undef CUDA_ON_CPU_FLOAT
inline double rhypot(double x, double y) { return 1 / std::hypot(x, y); }
inline float rhypotf(float x, float y) { return 1 / std::hypot(x, y); }
inline double norm3d(double x, double y, double z) { return std::hypot(x, y, z); }
inline float norm3df(float x, float y, float z) { return std::hypot(x, y, z); }
inline double rnorm3d(double x, double y, double z) { return 1 / norm3d(x, y, z); }
inline float rnorm3df(float x, float y, float z) { return 1 / norm3df(x, y, z); }
inline double norm4d(double x, double y, double z, double w) { return std::hypot(norm3d(x, y, z), w); }
inline float norm4df(float x, float y, float z, float w) { return std::hypot(norm3df(x, y, z), w); }
inline void sincos(float x, float* sine, float* cosine) { *sine = std::sin(x), *cosine = std::cos(x); }
inline void sincospi(double x, double* sine, double* cosine) { *sine = sinpi(x), *cosine = cospi(x); }
inline void sincospi(float x, float* sine, float* cosine) { *sine = sinpi(x), *cosine = cospi(x); }
inline void sincospif(float x, float* sine, float* cosine) { sincospi(x, sine, cosine); }

inline float __expf(float x) { return std::exp(x); }
inline float __exp10f(float x) { return ::exp10f(x); }
inline float __logf(float x) { return std::log(x); }
inline float __log2f(float x) { return std::log2(x); }
inline float __log10f(float x) { return std::log10(x); }
inline float __powf(float x, float y) { return std::pow(x, y); }
inline float __sinf(float x) { return std::sin(x); }
inline float __cosf(float x) { return std::cos(x); }
inline float __tanf(float x) { return std::tan(x); }
inline float __tanhf(float x) { return std::tanh(x); }
inline void __sincosf(float x, float* sine, float* cosine) { sincos(x, sine, cosine); }
inline float __fdividef(float x, float y) { return x / y; }
inline float fdividef(float x, float y) { return x / y; }
inline float __saturatef(float x) { return std::isnan(x) ? 0 : std::fmin(std::fmax(x, 0.0f), 1.0f); }
#define CUDA_ON_CPU_ARITHMETIC(T, d, fma)                                 \
  inline T __##d##add_rn(T x, T y) { return x + y; }                      \
  inline T __##d##sub_rn(T x, T y) { return x - y; }                      \
  inline T __##d##mul_rn(T x, T y) { return x * y; }                      \
  inline T __##d##div_rn(T x, T y) { return x / y; }                      \
  inline T __##d##rcp_rn(T x) { return 1 / x; }                           \
  inline T __##d##sqrt_rn(T x) { return std::sqrt(x); }                   \
  inline T __##fma##_rn(T x, T y, T z) { return std::fma(x, y, z); }
CUDA_ON_CPU_ARITHMETIC(float, f, fmaf)
CUDA_ON_CPU_ARITHMETIC(double, d, fma)
#undef CUDA_ON_CPU_ARITHMETIC
inline float __frsqrt_rn(float x) { return rsqrtf(x); }

inline int __float_as_int(float x) { return cuda_on_cpu::bits_as<int>(x); }
inline unsigned __float_as_uint(float x) { return cuda_on_cpu::bits_as<unsigned>(x); }
inline float __int_as_float(int x) { return cuda_on_cpu::bits_as<float>(x); }
inline float __uint_as_float(unsigned x) { return cuda_on_cpu::bits_as<float>(x); }
inline long long __double_as_longlong(double x) { return cuda_on_cpu::bits_as<long long>(x); }
inline double __longlong_as_double(long long x) { return cuda_on_cpu::bits_as<double>(x); }
inline int __double2hiint(double x) { return static_cast<int>(__double_as_longlong(x) >> 32); }
inline int __double2loint(double x) { return static_cast<int>(__double_as_longlong(x)); }
inline double __hiloint2double(int high, int low) {
  return __longlong_as_double(static_cast<long long>(high) * 4294967296 | static_cast<unsigned>(low));
}

#define CUDA_ON_CPU_TO_INTEGER(name, From, Integer)                                                   \
  inline Integer name##_rn(From x) { return cuda_on_cpu::to_integer<Integer>(std::nearbyint(x)); }    \
  inline Integer name##_rz(From x) { return cuda_on_cpu::to_integer<Integer>(std::trunc(x)); }        \
  inline Integer name##_rd(From x) { return cuda_on_cpu::to_integer<Integer>(std::floor(x)); }        \
  inline Integer name##_ru(From x) { return cuda_on_cpu::to_integer<Integer>(std::ceil(x)); }
CUDA_ON_CPU_TO_INTEGER(__float2int, float, int)
CUDA_ON_CPU_TO_INTEGER(__float2uint, float, unsigned)
CUDA_ON_CPU_TO_INTEGER(__float2ll, float, long long)
CUDA_ON_CPU_TO_INTEGER(__float2ull, float, unsigned long long)
CUDA_ON_CPU_TO_INTEGER(__double2int, double, int)
CUDA_ON_CPU_TO_INTEGER(__double2uint, double, unsigned)
CUDA_ON_CPU_TO_INTEGER(__double2ll, double, long long)
CUDA_ON_CPU_TO_INTEGER(__double2ull, double, unsigned long long)
#undef CUDA_ON_CPU_TO_INTEGER
inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline float __uint2float_rn(unsigned x) { return static_cast<float>(x); }
inline float __ll2float_rn(long long x) { return static_cast<float>(x); }
inline float __ull2float_rn(unsigned long long x) { return static_cast<float>(x); }
inline float __double2float_rn(double x) { return static_cast<float>(x); }
inline double __int2double_rn(int x) { return x; }
inline double __uint2double_rn(unsigned x) { return x; }
inline double __ll2double_rn(long long x) { return static_cast<double>(x); }
inline double __ull2double_rn(unsigned long long x) { return static_cast<double>(x); }

inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __clz(int x) { return x ? __builtin_clz(static_cast<unsigned>(x)) : 32; }
inline int __clzll(long long x) { return x ? __builtin_clzll(static_cast<unsigned long long>(x)) : 64; }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }
inline unsigned __brev(unsigned x) {
  unsigned reversed = 0;
  for (int bit = 0; bit < 32; ++bit) reversed |= (x >> bit & 1u) << (31 - bit);
  return reversed;
}
inline unsigned long long __brevll(unsigned long long x) {
  return static_cast<unsigned long long>(__brev(static_cast<unsigned>(x))) << 32 | __brev(static_cast<unsigned>(x >> 32));
}
inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {  // the upper half of high:low << shift
  return static_cast<unsigned>((static_cast<unsigned long long>(high) << 32 | low) << (shift & 31) >> 32);
}
inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {  // the lower half of high:low >> shift
  return static_cast<unsigned>((static_cast<unsigned long long>(high) << 32 | low) >> (shift & 31));
}
inline int __hadd(int x, int y) { return static_cast<int>((static_cast<long long>(x) + y) >> 1); }
inline int __rhadd(int x, int y) { return static_cast<int>((static_cast<long long>(x) + y + 1) >> 1); }
inline unsigned __uhadd(unsigned x, unsigned y) { return static_cast<unsigned>((static_cast<unsigned long long>(x) + y) >> 1); }
inline unsigned __urhadd(unsigned x, unsigned y) { return static_cast<unsigned>((static_cast<unsigned long long>(x) + y + 1) >> 1); }
inline unsigned __sad(int x, int y, unsigned z) { return (x < y ? unsigned(y) - unsigned(x) : unsigned(x) - unsigned(y)) + z; }
inline unsigned __usad(unsigned x, unsigned y, unsigned z) { return (x < y ? y - x : x - y) + z; }
// The sum of four products of bytes, and c.
namespace cuda_on_cpu {
template <class Byte> unsigned dot_bytes(unsigned a, unsigned b, unsigned c) {
  for (int shift = 0; shift < 32; shift += 8) c += unsigned(static_cast<Byte>(a >> shift) * static_cast<Byte>(b >> shift));
  return c;
}
}  // namespace cuda_on_cpu
inline int __dp4a(int a, int b, int c) { return int(cuda_on_cpu::dot_bytes<signed char>(unsigned(a), unsigned(b), unsigned(c))); }
inline unsigned __dp4a(unsigned a, unsigned b, unsigned c) { return cuda_on_cpu::dot_bytes<unsigned char>(a, b, c); }
inline unsigned __umul24(unsigned x, unsigned y) { return (x & 0xffffffu) * (y & 0xffffffu); }
inline int __mul24(int x, int y) {
  return static_cast<int>(static_cast<unsigned>(x << 8 >> 8) * static_cast<unsigned>(y << 8 >> 8));
}
inline int __mulhi(int x, int y) { return static_cast<int>(static_cast<long long>(x) * y >> 32); }
inline unsigned __umulhi(unsigned x, unsigned y) { return static_cast<unsigned>(static_cast<unsigned long long>(x) * y >> 32); }
inline unsigned long long __umul64hi(unsigned long long x, unsigned long long y) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<unsigned long long>(static_cast<Wide>(x) * y >> 64);
}
inline long long __mul64hi(long long x, long long y) {
  __extension__ using Wide = __int128;
  return static_cast<long long>(static_cast<Wide>(x) * y >> 64);
}
inline unsigned __byte_perm(unsigned x, unsigned y, unsigned selector) {
  unsigned long long both = static_cast<unsigned long long>(y) << 32 | x;
  unsigned result = 0;
  for (int byte = 0; byte < 4; ++byte) {
    unsigned pick = selector >> (4 * byte);
    unsigned value = static_cast<unsigned>(both >> (8 * (pick & 7))) & 0xffu;
    if (pick & 8) value = value & 0x80u ? 0xffu : 0;
    result |= value << (8 * byte);
  }
  return result;
}

// Loads and stores with a hint about the cache: plain ones here.
template <class T> T __ldg(const T* address) { return *address; }
template <class T> T __ldcs(const T* address) { return *address; }
template <class T> T __ldca(const T* address) { return *address; }
template <class T> T __ldcg(const T* address) { return *address; }
template <class T> T __ldcv(const T* address) { return *address; }
template <class T> T __ldlu(const T* address) { return *address; }
template <class T> void __stcs(T* address, T value) { *address = value; }
template <class T> void __stcg(T* address, T value) { *address = value; }
template <class T> void __stwb(T* address, T value) { *address = value; }
template <class T> void __stwt(T* address, T value) { *address = value; }

inline long long clock64() {  // nanoseconds; not a GPU's cycles
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}
