#include "chapters/10_hybrid/distance_to_serial.h"

#include <cstdio>
#include <iostream>

#include "chapters/04_point_to_point/serial_run.h"
#include "common/compare.h"

int tell_distance_to_serial(const TrainOptions& o, bool same_order, int ranks, const Dataset& train,
                            std::span<const float> weights, double seconds) {
  const SerialRun serial = run_serially(o, train);
  const Distance distance = compare(weights, serial.weights, serial.initial);
  if (seconds > 0)
    std::printf("serial run on rank 0: %.2f s; speedup %.2f on %d ranks, efficiency %.0f %%\n", serial.seconds,
                serial.seconds / seconds, ranks, 100 * serial.seconds / seconds / ranks);
  std::cout << "distance to the serial run:       " << distance << std::endl;
  if (same_order) {
    std::cout << (distance.same_bits() ? "the same bits" : "WRONG: the bits must be the same") << std::endl;
    return distance.same_bits() ? 0 : 1;
  }
  // The same sums in another order: this far two correct programs may be apart.
  TrainOptions other = o;
  other.micro_batches = o.micro_batches == 1 ? 3 : 1;
  const SerialRun reordered = run_serially(other, train);
  const Distance yardstick = compare(reordered.weights, serial.weights, serial.initial);
  const bool good = distance.within(10 * yardstick.max_abs);
  std::cout << "of serial to serial, reordered:   " << yardstick << "\n"
            << (good ? "within ten times what another order of sums does"
                     : "WRONG: more than ten times what another order of sums does")
            << std::endl;
  return good ? 0 : 1;
}
