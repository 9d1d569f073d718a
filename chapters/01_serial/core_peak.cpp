#include "chapters/01_serial/core_peak.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "chapters/01_serial/matmul.h"
#include "common/timer.h"

namespace {

// As many chains of dependent operations as the product's kernel has: enough to hide the latency of each.
#if defined(__AVX512F__)
constexpr int floats = 16, chains = 24;
#elif defined(__AVX__)
constexpr int floats = 8, chains = 12;
#else
constexpr int floats = 4, chains = 12;
#endif
typedef float Vector __attribute__((vector_size(floats * sizeof(float))));

double fma_run(long rounds) {
  volatile float start = 1e-3f;  // unknown to the compiler, or it would compute equal chains once
  Vector sum[chains];
  for (Vector& s : sum) s = Vector{} + start;
  const Vector a = Vector{} + 0.999f, b = Vector{} + start;
  for (long i = 0; i < rounds; ++i) {
#pragma GCC unroll 32
    for (int c = 0; c < chains; ++c) sum[c] = sum[c] * a + b;
  }
  float total = 0;  // used, or the loop would be removed
  for (const Vector& s : sum)
    for (int lane = 0; lane < floats; ++lane) total += s[lane];
  volatile float sink = total;
  (void)sink;
  return 2.0 * double(rounds) * chains * floats;
}

}  // namespace

double measure_fma_peak() {
  double best = 0;
  for (int run = 0; run < 20; ++run) {
    const Timer timer;
    const double operations = fma_run(200'000);
    best = std::max(best, operations / timer.seconds() * 1e-9);
  }
  return best;
}

double measure_copy_bandwidth(size_t bytes) {
  std::vector<char> from(bytes, 1), to(bytes, 2);
  std::vector<double> rates;
  const int copies = int(std::max<size_t>(1, (size_t{64} << 20) / bytes));
  for (int run = 0; run < 11; ++run) {
    const Timer timer;
    for (int i = 0; i < copies; ++i) {
      std::memcpy(to.data(), from.data(), bytes);
      from[0] = to[bytes - 1];  // the next copy depends on this one
    }
    rates.push_back(2.0 * double(bytes) * copies / timer.seconds() * 1e-9);
  }
  std::nth_element(rates.begin(), rates.begin() + 5, rates.end());
  return rates[5];
}
