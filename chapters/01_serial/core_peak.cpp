#include "chapters/01_serial/core_peak.h"

#include <cstring>
#include <vector>

#include "chapters/01_serial/matmul_tile.h"
#include "common/statistics.h"
#include "common/timer.h"

namespace {

// As many chains of dependent operations as the product's kernel has: enough to hide the latency of each.
constexpr int chains = 2 * tile_rows;

ALL_REGISTERS double fma_run(long rounds) {
  volatile float start = 1e-3f;  // unknown to the compiler, or it would compute equal chains once
  Vector sum[chains];
  for (int c = 0; c < chains; ++c) sum[c] = Vector{} + start;
  const Vector a = Vector{} + 0.999f, b = Vector{} + start;
  for (long i = 0; i < rounds; ++i) {
#pragma GCC unroll 32
    for (int c = 0; c < chains; ++c) sum[c] = sum[c] * a + b;
  }
  float total = 0;  // used, or the loop would be removed
  for (int c = 0; c < chains; ++c)
    for (int lane = 0; lane < vector_floats; ++lane) total += sum[c][lane];
  volatile float sink = total;
  (void)sink;
  return 2.0 * double(rounds) * chains * vector_floats;
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
  // Half a page apart in their pages: where it is only some bytes, memcpy is many times slower on some processors (AMD's Zen 3).
  constexpr size_t gap = 2048;
  std::vector<char> memory(2 * bytes + gap, 1);
  char* from = memory.data();
  char* to = from + bytes + gap;
  std::vector<double> rates;
  const int copies = int(std::max<size_t>(1, (size_t{64} << 20) / bytes));
  for (int run = 0; run < 11; ++run) {
    const Timer timer;
    for (int i = 0; i < copies; ++i) {
      std::memcpy(to, from, bytes);
      from[0] = to[bytes - 1];  // the next copy depends on this one
    }
    rates.push_back(2.0 * double(bytes) * copies / timer.seconds() * 1e-9);
  }
  return median(rates);
}
