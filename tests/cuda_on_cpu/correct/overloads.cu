// CUDA's arithmetic functions: for each call its type, which nvcc proves, too, and its value against the C library's in double. And its
// clock, and loads and stores with hints.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "tests/cuda_on_cpu/require.h"

#include <chrono>
#include <cmath>
#include <type_traits>

struct Arguments {
  float f, g, h;
  double d, e;
  int i, j;
  unsigned u;
  long l;
  unsigned long ul;
  long long ll;
  unsigned long long ull;
  short s;
  char c;
};
constexpr Arguments a{-1.5f, 2.5f, 0.25f, -1.5, 2.5, -3, 7, 5, -4, 6, -8, 9, -2, 3};
constexpr double root2 = 1.4142135623730951, pi = 3.141592653589793;

// CASE(call, its type, its value)
#define OVERLOADS \
  CASE(abs(f), float, 1.5) CASE(abs(d), double, 1.5) CASE(abs(i), int, 3) CASE(abs(l), long, 4) CASE(abs(ll), long long, 8) \
  CASE(abs(s), int, 2) CASE(abs(f - g), float, 4) CASE(labs(l), long, 4) CASE(llabs(ll), long long, 8) \
  CASE(fabs(f), float, 1.5) CASE(fabs(d), double, 1.5) CASE(fabsf(f), float, 1.5) \
  CASE(min(f, g), float, -1.5) CASE(max(f, g), float, 2.5) CASE(min(d, e), double, -1.5) CASE(max(d, e), double, 2.5) \
  CASE(min(f, e), double, -1.5) CASE(max(d, g), double, 2.5) CASE(min(i, j), int, -3) CASE(max(i, j), int, 7) \
  CASE(min(i, u), unsigned, 5) CASE(max(u, i), unsigned, 4294967293.0) CASE(min(u, u + 1), unsigned, 5) CASE(max(s, c), int, 3) \
  CASE(min(s, s), int, -2) CASE(min(c, c), int, 3) CASE(min(l, l), long, -4) CASE(max(l, ul), unsigned long, 18446744073709551612.0) \
  CASE(min(ul, l), unsigned long, 6) CASE(max(ul, ul), unsigned long, 6) CASE(min(ll, ll), long long, -8) \
  CASE(max(ll, ull), unsigned long long, 18446744073709551608.0) CASE(min(ull, ll), unsigned long long, 9) \
  CASE(umin(u, 7), unsigned, 5) CASE(umax(u, 7), unsigned, 7) CASE(llmin(ll, 1), long long, -8) CASE(llmax(ll, 1), long long, 1) \
  CASE(ullmin(ull, 2), unsigned long long, 2) CASE(ullmax(ull, 2), unsigned long long, 9) \
  CASE(min(nanf(""), g), float, 2.5) CASE(max(g, nanf("")), float, 2.5) CASE(fmin(f, g), float, -1.5) CASE(fmax(d, e), double, 2.5) \
  CASE(fminf(f, g), float, -1.5) CASE(fmaxf(f, g), float, 2.5) \
  CASE(pow(g, g), float, pow(2.5, 2.5)) CASE(pow(e, e), double, pow(2.5, 2.5)) CASE(pow(e, 2), double, 6.25) CASE(pow(i, 2), double, 9) \
  CASE(powf(g, 2), float, 6.25) CASE(pow(g, e), double, pow(2.5, 2.5)) \
  CASE(sqrt(g), float, sqrt(2.5)) CASE(sqrt(e), double, sqrt(2.5)) CASE(sqrtf(g), float, sqrt(2.5)) \
  CASE(exp(f), float, exp(-1.5)) CASE(exp(d), double, exp(-1.5)) CASE(exp2(f), float, exp2(-1.5)) CASE(expm1(f), float, expm1(-1.5)) \
  CASE(log(g), float, log(2.5)) CASE(log(e), double, log(2.5)) CASE(log2(g), float, log2(2.5)) \
  CASE(log10(g), float, log10(2.5)) CASE(log1p(g), float, log1p(2.5)) CASE(sin(f), float, sin(-1.5)) CASE(sin(d), double, sin(-1.5)) \
  CASE(cos(f), float, cos(-1.5)) CASE(tan(g), float, tan(2.5)) CASE(tanh(f), float, tanh(-1.5)) CASE(tanh(d), double, tanh(-1.5)) \
  CASE(asin(h), float, asin(0.25)) CASE(acos(h), float, acos(0.25)) CASE(atan(h), float, atan(0.25)) CASE(atan2(f, g), float, atan2(-1.5, 2.5)) \
  CASE(sinh(f), float, sinh(-1.5)) CASE(cosh(f), float, cosh(-1.5)) CASE(asinh(f), float, asinh(-1.5)) CASE(acosh(g), float, acosh(2.5)) \
  CASE(atanh(h), float, atanh(0.25)) CASE(floor(f), float, -2) CASE(ceil(f), float, -1) CASE(round(f), float, -2) CASE(round(d), double, -2) \
  CASE(rint(g), float, 2) CASE(nearbyint(g), float, 2) CASE(trunc(f), float, -1) CASE(lround(g), long, 3) CASE(llround(g), long long, 3) \
  CASE(lrint(g), long, 2) CASE(llrint(e), long long, 2) CASE(roundf(f), float, -2) CASE(rintf(g), float, 2) CASE(truncf(f), float, -1) \
  CASE(fma(f, g, h), float, -3.5) CASE(fma(d, e, e), double, -1.25) CASE(fmaf(f, g, h), float, -3.5) CASE(fmod(g, h + 1), float, 0) \
  CASE(remainder(g, h + 1), float, 0) CASE(fdim(g, f), float, 4) CASE(copysign(g, f), float, -2.5) CASE(copysign(e, d), double, -2.5) \
  CASE(hypot(f, g), float, hypot(1.5, 2.5)) CASE(hypotf(f, g), float, hypot(1.5, 2.5)) CASE(cbrt(f), float, cbrt(-1.5)) \
  CASE(erf(f), float, erf(-1.5)) CASE(erfc(d), double, erfc(-1.5)) CASE(erff(f), float, erf(-1.5)) CASE(erfcf(f), float, erfc(-1.5)) \
  CASE(lgamma(g), float, lgamma(2.5)) CASE(tgamma(g), float, tgamma(2.5)) CASE(tgammaf(g), float, tgamma(2.5)) \
  CASE(ldexp(g, 3), float, 20) CASE(ldexpf(g, 3), float, 20) CASE(scalbn(g, 2), float, 10) CASE(ilogb(g), int, 1) CASE(logb(g), float, 1) \
  CASE(nextafter(g, g), float, 2.5) CASE(exp10(f), float, pow(10, -1.5)) CASE(exp10(d), double, pow(10, -1.5)) CASE(exp10f(f), float, pow(10, -1.5)) \
  CASE(j0(g), float, j0(2.5)) CASE(j1(e), double, j1(2.5)) CASE(j1(g), float, j1(2.5)) CASE(y0f(g), float, y0(2.5)) CASE(y0(g), float, y0(2.5)) \
  CASE(y1(g), float, y1(2.5)) \
  CASE(isnan(f) ? 1 : 0, int, 0) CASE(isnan(sqrt(f)) ? 1 : 0, int, 1) CASE(isinf(g * HUGE_VALF) ? 1 : 0, int, 1) CASE(isinf(e) ? 1 : 0, int, 0) \
  CASE(isfinite(f) ? 1 : 0, int, 1) CASE(isfinite(e * HUGE_VAL) ? 1 : 0, int, 0) CASE(signbit(f) ? 1 : 0, int, 1) CASE(signbit(e) ? 1 : 0, int, 0)

#define CUDAS_OWN \
  CASE(rsqrt(g), float, 1 / sqrt(2.5)) CASE(rsqrt(e), double, 1 / sqrt(2.5)) CASE(rsqrtf(g), float, 1 / sqrt(2.5)) \
  CASE(rcbrt(g), float, 1 / cbrt(2.5)) CASE(rcbrt(e), double, 1 / cbrt(2.5)) CASE(rcbrtf(g), float, 1 / cbrt(2.5)) \
  CASE(sinpi(h), float, root2 / 2) CASE(sinpi(e), double, 1) CASE(sinpif(f), float, 1) CASE(sinpif(g * 2), float, 0) \
  CASE(sinpi(1e-9), double, pi * 1e-9) CASE(cospi(h), float, root2 / 2) CASE(cospi(e), double, 0) CASE(cospif(g * 2), float, -1) \
  CASE(normcdf(f), float, 0.06680720126885807) CASE(normcdf(e), double, 0.9937903346742238) CASE(normcdff(f), float, 0.06680720126885807) \
  CASE(normcdfinv(h), float, -0.6744897501960817) CASE(normcdfinvf(h), float, -0.6744897501960817) CASE(normcdfinv(1e-10), double, -6.361340902404056) \
  CASE(erfinv(h), float, 0.2253120550121781) CASE(erf(erfinv(1e-9)), double, 1e-9) CASE(erf(erfinv(-0.9)), double, -0.9) CASE(erfinvf(h), float, 0.2253120550121781) \
  CASE(erfc(erfcinv(1e-200)), double, 1e-200) CASE(erfc(erfcinv(1e-14)), double, 1e-14) CASE(erfc(erfcinv(h)), float, 0.25) CASE(erfcinv(1.75), double, -0.8134198475976185) \
  CASE(erfinv(0.0), double, 0) CASE(erfinv(1.0), double, HUGE_VAL) CASE(erfcinvf(2.0f), float, -HUGE_VAL) \
  CASE(rhypotf(f, g), float, 1 / hypot(1.5, 2.5)) CASE(rhypot(d, e), double, 1 / hypot(1.5, 2.5)) CASE(norm3df(f, g, h), float, sqrt(8.5625)) \
  CASE(norm3d(d, e, h), double, sqrt(8.5625)) CASE(rnorm3df(f, g, h), float, 1 / sqrt(8.5625)) CASE(norm4df(f, g, h, h), float, sqrt(8.625)) \
  CASE(norm4d(d, e, h, h), double, sqrt(8.625)) CASE(rnorm3d(d, e, h), double, 1 / sqrt(8.5625)) \
  CASE(sine_of(f), float, sin(-1.5)) CASE(cosine_of(f), float, cos(-1.5)) CASE(sine_of(d), double, sin(-1.5)) CASE(fast_sine_of(f), float, sin(-1.5)) \
  CASE(cosine_of(d), double, cos(-1.5)) CASE(sines_of_pi(g), float, 11) \
  CASE(fdividef(f, g), float, -0.6)

#define DEVICE_ONLY \
  CASE(__expf(f), float, exp(-1.5)) CASE(__exp10f(f), float, pow(10, -1.5)) CASE(__logf(g), float, log(2.5)) CASE(__log2f(g), float, log2(2.5)) \
  CASE(__log10f(g), float, log10(2.5)) CASE(__powf(g, g), float, pow(2.5, 2.5)) CASE(__sinf(f), float, sin(-1.5)) CASE(__cosf(f), float, cos(-1.5)) \
  CASE(__tanf(h), float, tan(0.25)) CASE(__fdividef(f, g), float, -0.6) CASE(__saturatef(f), float, 0) CASE(__saturatef(g), float, 1) \
  CASE(__saturatef(h), float, 0.25) CASE(__saturatef(nanf("")), float, 0) CASE(__fadd_rn(f, g), float, 1) CASE(__fsub_rn(f, g), float, -4) \
  CASE(__fmul_rn(f, g), float, -3.75) CASE(__fdiv_rn(f, g), float, -0.6) CASE(__fmaf_rn(f, g, h), float, -3.5) CASE(__frcp_rn(g), float, 0.4) \
  CASE(__fsqrt_rn(g), float, sqrt(2.5)) CASE(__frsqrt_rn(g), float, 1 / sqrt(2.5)) CASE(__dadd_rn(d, e), double, 1) CASE(__dsub_rn(d, e), double, -4) \
  CASE(__dmul_rn(d, e), double, -3.75) CASE(__ddiv_rn(d, e), double, -0.6) CASE(__drcp_rn(e), double, 0.4) CASE(__dsqrt_rn(e), double, sqrt(2.5)) \
  CASE(__fma_rn(d, e, 1.0), double, -2.75) \
  CASE(__float_as_int(g), int, 0x40200000) CASE(__float_as_uint(f), unsigned, 0xbfc00000) CASE(__int_as_float(0x40200000), float, 2.5) \
  CASE(__uint_as_float(0xbfc00000u), float, -1.5) CASE(__double_as_longlong(e), long long, 0x4004000000000000) \
  CASE(__longlong_as_double(0x4004000000000000), double, 2.5) CASE(__double2hiint(e), int, 0x40040000) CASE(__double2loint(e), int, 0) \
  CASE(__hiloint2double(0x40040000, 0), double, 2.5) CASE(__hiloint2double(0, -1), double, 4294967295.0 * 4.9406564584124654e-324) \
  CASE(__float2int_rn(g), int, 2) CASE(__float2int_rz(f), int, -1) CASE(__float2int_rd(f), int, -2) CASE(__float2int_ru(f), int, -1) \
  CASE(__float2int_rz(1e20f), int, 2147483647) CASE(__float2int_rz(-1e20f), int, -2147483648.0) CASE(__float2int_rn(nanf("")), int, 0) \
  CASE(__float2uint_rn(g), unsigned, 2) CASE(__float2uint_ru(g), unsigned, 3) CASE(__float2uint_rz(f), unsigned, 0) \
  CASE(__float2ll_rn(g), long long, 2) CASE(__float2ull_rd(g), unsigned long long, 2) CASE(__double2int_rn(d), int, -2) CASE(__double2int_rz(d), int, -1) \
  CASE(__double2uint_ru(e), unsigned, 3) CASE(__double2ll_rd(d), long long, -2) CASE(__double2ull_rz(e), unsigned long long, 2) \
  CASE(__int2float_rn(i), float, -3) CASE(__uint2float_rn(u), float, 5) CASE(__ll2float_rn(ll), float, -8) CASE(__ull2float_rn(ull), float, 9) \
  CASE(__double2float_rn(d), float, -1.5) CASE(__int2double_rn(i), double, -3) CASE(__uint2double_rn(u), double, 5) \
  CASE(__ll2double_rn(ll), double, -8) CASE(__ull2double_rn(ull), double, 9) \
  CASE(__popc(0xf0f0u), int, 8) CASE(__popcll(ull), int, 2) CASE(__clz(j), int, 29) CASE(__clz(j - 7), int, 32) CASE(__clzll(1LL), int, 63) \
  CASE(__ffs(8), int, 4) CASE(__ffs(j - 7), int, 0) CASE(__ffsll(1LL << 40), int, 41) CASE(__brev(u), unsigned, 0xa0000000) \
  CASE(__brevll(1ull), unsigned long long, 9223372036854775808.0) CASE(__mul24(i, j), int, -21) CASE(__umul24(u, u), unsigned, 25) \
  CASE(__mulhi(1 << 30, 12), int, 3) CASE(__umulhi(1u << 31, 6u), unsigned, 3) CASE(__mul64hi(1LL << 62, -12LL), long long, -3) \
  CASE(__umul64hi(1ull << 63, 6ull), unsigned long long, 3) CASE(__hadd(i, j), int, 2) CASE(__rhadd(-3, 8), int, 3) CASE(__uhadd(u, 6u), unsigned, 5) \
  CASE(__urhadd(u, 6u), unsigned, 6) CASE(__sad(i, j, u), unsigned, 15) CASE(__usad(u, 9u, 1u), unsigned, 5) \
  CASE(__byte_perm(0x33221100u, 0x77665544u, 0x7531u), unsigned, 0x77553311) CASE(__funnelshift_l(0x80000000u, 1u, 1u), unsigned, 3) \
  CASE(__funnelshift_r(2u, 3u, 1u), unsigned, 2147483649.0) \
  CASE(__funnelshift_l(0x80000000u, 1u, 33u), unsigned, 3) CASE(__funnelshift_r(2u, 3u, 33u), unsigned, 2147483649.0) \
  CASE(__byte_perm(0x33228100u, 0x77665544u, 0x0d98u), unsigned, 0xff00) CASE(__dp4a(0x01ff0203, 0x02030405, 7), int, 29) \
  CASE(__dp4a(0x01ff0203u, 0x02030405u, 7u), unsigned, 797) CASE(__hadd(2147483647, 2147483645), int, 2147483646) CASE(__hadd(-3, 2), int, -1) \
  CASE(__rhadd(2147483647, 2147483646), int, 2147483647) CASE(__uhadd(~0u, ~0u - 2), unsigned, 4294967294.0) \
  CASE(__urhadd(~0u, ~0u - 1), unsigned, 4294967295.0) CASE(__sad(j, i, u), unsigned, 15) CASE(__usad(9u, u, 1u), unsigned, 5) \
  CASE(__mul24(0x1000003, -2), int, -6) CASE(__umul24(0x1000003u, 2u), unsigned, 6) CASE(__mulhi(i, 1), int, -1) CASE(__clz(i), int, 0) \
  CASE(__clzll(0LL), int, 64) CASE(__float2uint_rz(1e20f), unsigned, 4294967295.0) CASE(__float2ll_rn(nanf("")), long long, -9223372036854775808.0) \
  CASE(__double2int_rn(nan("")), int, -2147483648.0) CASE(__half_as_ushort(__float2half(f)), unsigned short, 0xbe00) \
  CASE(__half_as_short(__float2half(f)), short, -16896) CASE(__half2int_rn(__float2half(g)), int, 2) CASE(half_order(f, g), int, 2) \
  CASE(half_order(g, g), int, 1) CASE(half_order(g, f), int, 4) CASE(half_kind(f), int, 0) CASE(half_kind(1e6f), int, 1) CASE(half_kind(nanf("")), int, 2) \
  CASE(__bfloat16_as_ushort(__float2bfloat16(f)), unsigned short, 0xbfc0)

// Of 16 bits: -1.5, 2.5 and 0.25, what they give, each and in pairs. A pair counts as its first number and a hundred times its second.
#define HALVES \
  CASE(F(__hadd(H(f), H(g))), float, 1) CASE(F(__hsub(H(f), H(g))), float, -4) CASE(F(__hmul(H(f), H(g))), float, -3.75) CASE(F(__hdiv(H(f), H(h))), float, -6) \
  CASE(F(__hneg(H(f))), float, 1.5) CASE(F(__habs(H(f))), float, 1.5) CASE(F(__hmax(H(f), H(g))), float, 2.5) CASE(F(__hmin(H(f), H(g))), float, -1.5) \
  CASE(F(__hfma(H(f), H(g), H(h))), float, -3.5) CASE(F(hexp(H(f))), float, 1828 / 8192.0) CASE(F(hlog(H(g))), float, 1877 / 2048.0) CASE(F(hsqrt(H(h))), float, 0.5) \
  CASE(F(hrsqrt(H(h))), float, 2) CASE(F(__float2half_rn(f)), float, -1.5) CASE(F(__double2half(d)), float, -1.5) CASE(F(__int2half_rn(i)), float, -3) \
  CASE(F(__ushort_as_half(0xbe00)), float, -1.5) CASE(F(__low2half(P)), float, -1.5) CASE(F(__high2half(P)), float, 2.5) CASE(pair(P), float, 248.5) \
  CASE(pair(make_half2(H(f), H(g))), float, 248.5) CASE(pair(__halves2half2(H(f), H(g))), float, 248.5) CASE(pair(__half2half2(H(g))), float, 252.5) \
  CASE(pair(__float2half2_rn(g)), float, 252.5) CASE(pair(__float22half2_rn(make_float2(f, g))), float, 248.5) CASE(pair(__half22float2(P)), float, 248.5) \
  CASE(pair(__hadd2(P, Q)), float, 498.75) CASE(pair(__hsub2(P, Q)), float, -1.75) CASE(pair(__hmul2(P, Q)), float, 624.625) CASE(pair(__hfma2(P, Q, P)), float, 873.125) \
  CASE(order_of(H(f), H(g)), int, 22) CASE(order_of(H(g), H(g)), int, 49) CASE(order_of(H(g), H(f)), int, 42) CASE(F(chain(H(f), H(g), H(h))), float, -7.5) \
  CASE(F(H(f) + H(g)), float, 1) CASE(F(H(f) - H(g)), float, -4) CASE(F(H(f) * H(g)), float, -3.75) CASE(F(H(f) / H(h)), float, -6) \
  CASE(__bfloat162float(__float2bfloat16_rn(f)), float, -1.5) CASE(__bfloat162float(__double2bfloat16(d)), float, -1.5) \
  CASE(__bfloat162float(__ushort_as_bfloat16(0xbfc0)), float, -1.5) CASE(pair(make_bfloat162(__float2bfloat16(f), __float2bfloat16(g))), float, 248.5) \
  CASE(pair(__floats2bfloat162_rn(f, g)), float, 248.5) CASE(pair(__float22bfloat162_rn(make_float2(f, g))), float, 248.5) \
  CASE(pair(__bfloat1622float2(__floats2bfloat162_rn(f, g))), float, 248.5)
#define H(x) __float2half(x)
#define F(x) __half2float(x)
#define P __floats2half2_rn(f, g)
#define Q __floats2half2_rn(h, g)
template <class T> __device__ float pair(T v) { return __low2float(v) + 100 * __high2float(v); }
template <> __device__ float pair(float2 v) { return v.x + 100 * v.y; }
__device__ int order_of(__half a, __half b) { return (a == b) + 2 * (a != b) + 4 * (a < b) + 8 * (a > b) + 16 * (a <= b) + 32 * (a >= b); }
__device__ __half chain(__half a, __half b, __half c) {
  a += b, a -= c, a *= b, a /= c;  // 1, 0.75, 1.875, 7.5
  return -a;
}

__host__ __device__ float sine_of(float x) { float s, c; sincosf(x, &s, &c); return s; }
__host__ __device__ float cosine_of(float x) { float s, c; sincos(x, &s, &c); return c; }
__host__ __device__ double sine_of(double x) { double s, c; sincospi(x / pi, &s, &c); return s; }
__host__ __device__ double cosine_of(double x) { double s, c; sincospi(x / pi, &s, &c); return c; }
__host__ __device__ float sines_of_pi(float x) {  // of 5/2 and 1/2 the sine is 1, the cosine 0
  float s, c, t, u;
  sincospif(x, &s, &c), sincospi(x / 5, &t, &u);
  return s + 2 * c + 10 * (t + 2 * u);
}
__device__ int half_order(float x, float y) {
  const __half a = __float2half(x), b = __float2half(y);
  return __heq(a, b) + 2 * __hlt(a, b) + 4 * __hgt(a, b);
}
__device__ int half_kind(float x) { return (__hisinf(__float2half(x)) != 0) + 2 * __hisnan(__float2half(x)); }
__device__ float fast_sine_of(float x) { float s, c; __sincosf(x, &s, &c); return s; }

// The same names for the types and, in the kernel, for values that the compiler does not know.
#define NAMES(from) \
  [[maybe_unused]] const auto [f, g, h, d, e, i, j, u, l, ul, ll, ull, s, c] = from;

constexpr int most_cases = 500;

__global__ void compute(Arguments from, double* results) {
  NAMES(from)
  int n = 0;
#define CASE(call, type, value)                                                    \
  static_assert(std::is_same_v<decltype(call), type>, #call " is not " #type);     \
  results[n++] = static_cast<double>(call);
  OVERLOADS CUDAS_OWN DEVICE_ONLY HALVES
#undef CASE
}

// What a hint about the cache changes is the time.
__global__ void hints(const float* in, float* out) {
  out[0] = __ldg(in) + __ldcs(in + 1) + __ldca(in + 2) + __ldcg(in + 3) + __ldcv(in + 4) + __ldlu(in + 5);
  __stcs(out + 1, 1.0f), __stcg(out + 2, 2.0f), __stwb(out + 3, 3.0f), __stwt(out + 4, 4.0f);
}
void expect_hints() {
  float host[6] = {1, 2, 4, 8, 16, 32}, *in, *out;
  OK(cudaMalloc(&in, sizeof host));
  OK(cudaMalloc(&out, sizeof host));
  OK(cudaMemcpy(in, host, sizeof host, cudaMemcpyHostToDevice));
  hints<<<1, 1>>>(in, out);
  OK(cudaMemcpy(host, out, sizeof host, cudaMemcpyDeviceToHost));
  OK(cudaFree(in));
  OK(cudaFree(out));
  for (int i = 0; i < 5; ++i) REQUIRE(host[i] == (i == 0 ? 63 : i));
}

__global__ void read_clock(long long* time) { *time = clock64(); }

// On the CPU it shows nanoseconds of the host's clock; on a GPU it is one of the GPU's own.
void expect_clock() {
  const auto now = [] { return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); };
  long long time, *device;
  OK(cudaMalloc(&device, sizeof time));
  [[maybe_unused]] const long long before = now();
  read_clock<<<1, 1>>>(device);
  OK(cudaGetLastError());
  OK(cudaMemcpy(&time, device, sizeof time, cudaMemcpyDeviceToHost));
  OK(cudaFree(device));
#ifdef CUDA_ON_CPU
  REQUIRE(before <= time && time <= now());
#endif
}

int main() {
  expect_clock();
  expect_hints();
  struct Case { const char* call; double value; } cases[] = {
#define CASE(call, type, value) {#call, double(value)},
      OVERLOADS CUDAS_OWN DEVICE_ONLY HALVES
#undef CASE
  };
  constexpr int count = sizeof cases / sizeof cases[0];
  static_assert(count <= most_cases);
  double *device, results[most_cases];
  OK(cudaMalloc(&device, sizeof results));
  OK(cudaMemset(device, 0, sizeof results));
  compute<<<1, 1>>>(a, device);
  OK(cudaGetLastError());
  OK(cudaMemcpy(results, device, sizeof results, cudaMemcpyDeviceToHost));
  OK(cudaFree(device));
  int wrong = 0;
  for (int k = 0; k < count; ++k) {
    // A float keeps seven digits; the fast functions lose some. Zero is exact.
    double difference = std::fabs(results[k] - cases[k].value);
    bool right = results[k] == cases[k].value || difference <= 2e-6 * std::fabs(cases[k].value);
    if (!right) std::printf("%s: %.17g, expected %.17g\n", cases[k].call, results[k], cases[k].value), ++wrong;
  }
  // The host has them, too.
  NAMES(a)
#define CASE(call, type, value)                                                                    \
  {                                                                                                \
    double result = static_cast<double>(call), expected = value;                                  \
    if (!(result == expected || std::fabs(result - expected) <= 2e-6 * std::fabs(expected))) \
      std::printf("host: %s: %.17g, expected %.17g\n", #call, result, expected), ++wrong;         \
  }
  OVERLOADS
#undef CASE
  REQUIRE(wrong == 0);
}
