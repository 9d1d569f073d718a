#include "chapters/01_serial/gradient_norm.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace {

constexpr int top = SquareSum::places - 2, not_finite = SquareSum::places - 1;

}  // namespace

void SquareSum::add(std::span<const float> numbers) {
  constexpr size_t before_carry = size_t{1} << 20;  // each adds less than 2^33 to a digit
  for (size_t first = 0; first < numbers.size(); first += before_carry) {
    for (const float number : numbers.subspan(first, std::min(before_carry, numbers.size() - first))) {
      const uint32_t bits = std::bit_cast<uint32_t>(number), exponent = bits >> 23 & 0xff, fraction = bits & 0x7fffff;
      if (exponent == 0xff) {
        ++digits[not_finite];
        continue;
      }
      const uint64_t m = exponent == 0 ? fraction : fraction | 0x800000, square = m * m;  // 48 bits
      const uint32_t at = 2 * (std::max(exponent, 1u) - 1), shift = at % 32;              // times 2^(at - 298)
      const uint64_t low = (square & 0xffffffff) << shift, high = (square >> 32) << shift;
      int64_t* digit = &digits[at / 32];
      digit[0] += int64_t(low & 0xffffffff);
      digit[1] += int64_t((low >> 32) + (high & 0xffffffff));
      digit[2] += int64_t(high >> 32);
    }
    carry();
  }
}

void SquareSum::add(Device& device, float* numbers, size_t n) {
  if (n == 0) return;
  device.begin_copy_out(numbers, n);
  device.end_copy_out(numbers, n);
  add({device.host_view(numbers, n), n});
}

void SquareSum::carry() {
  for (int i = 0; i < top; ++i) {
    digits[size_t(i) + 1] += digits[size_t(i)] >> 32;
    digits[size_t(i)] &= 0xffffffff;
  }
}

double SquareSum::root() const {
  if (digits[not_finite] > 0) return std::numeric_limits<double>::quiet_NaN();
  SquareSum sum = *this;
  sum.carry();  // after additions over ranks: the same number has the same digits
  double value = 0;
  for (int i = top; i >= 0; --i) value += std::ldexp(double(sum.digits[size_t(i)]), 32 * i - 298);
  return std::sqrt(value);
}

float clip_factor(const SquareSum& sum, double limit) {
  const double length = sum.root();
  return length > limit ? float(limit / length) : 1.0f;
}

void clip_gradient(Device& device, float* g, size_t n, double limit) {
  if (limit <= 0) return;
  SquareSum sum;
  sum.add(device, g, n);
  const float factor = clip_factor(sum, limit);
  if (factor < 1) device.scale(g, factor, n);
}
