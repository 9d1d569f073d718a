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

const SixteenBits all[] = {{bf16_format, narrow<bf16_bits>, widen<bf16_value>},
                           {half_format, narrow<half_bits>, widen<half_value>},
                           {half_flushed_format, narrow<half_flushed_bits>, widen<half_value>}};

}  // namespace

const SixteenBits& sixteen_bits(const char* name) {
  for (const SixteenBits& one : all)
    if (name == std::string(one.format.name)) return one;
  throw Error(std::string("precision: '") + name + "' is not one of bf16|half|half-flushed");
}
