#include "chapters/11_fewer_bits/sixteen_bits.h"

#include <string>

#include "common/error.h"

namespace {

template <uint16_t (*bits)(float)>
void narrow(uint16_t* to, const float* from, size_t n) {
  for (size_t i = 0; i < n; ++i) to[i] = bits(from[i]);
}

template <float (*value)(uint16_t)>
void widen(float* to, const uint16_t* from, size_t n) {
  for (size_t i = 0; i < n; ++i) to[i] = value(from[i]);
}

template <uint16_t (*bits)(float), float (*value)(uint16_t)>
void round(float* to, const float* from, size_t n) {
  for (size_t i = 0; i < n; ++i) to[i] = value(bits(from[i]));
}

template <uint16_t (*bits)(float), float (*value)(uint16_t)>
constexpr SixteenBits stored_as(const Format& format) {
  return {format, narrow<bits>, widen<value>, round<bits, value>};
}

const SixteenBits all[] = {stored_as<bf16_bits, bf16_value>(bf16_format), stored_as<half_bits, half_value>(half_format),
                           stored_as<half_flushed_bits, half_value>(half_flushed_format)};

}  // namespace

const SixteenBits& sixteen_bits(const char* name) {
  for (const SixteenBits& one : all)
    if (name == std::string(one.format.name)) return one;
  throw Error(std::string("precision: '") + name + "' is not one of bf16|half|half-flushed");
}
