// See simulation.h: a world and its MPI for one program.
#include "chapters/13_scaling/simulation.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "chapters/13_scaling/simulated_mpi.h"
#include "chapters/13_scaling/timeline.h"
#include "common/error.h"
#include "common/philox.h"

Simulated simulate(const Cluster& cluster, int ranks, const std::function<void()>& program, const std::string& trace) {
  if (ranks < 1) throw Error("simulate: " + std::to_string(ranks) + " ranks");
  Timeline timeline;
  World world(cluster, ranks, trace.empty() ? nullptr : &timeline);
  SimulatedMpi mpi(world);
  const Simulated result = world.run(program);
  if (!trace.empty()) timeline.write(world, trace);
  return result;
}

RankTime Simulated::sum() const {
  RankTime all;
  for (const RankTime& r : ranks) {
    all.seconds += r.seconds;
    all.computing += r.computing;
    all.waiting += r.waiting;
    all.messages += r.messages;
    all.bytes += r.bytes;
  }
  return all;
}

// ---- What programs see ----

namespace {
// The normal random number of this rank and moment. Box, Muller: A note on the generation of random normal deviates, 1958.
double normal(double moment) {
  const uint64_t seed = uint64_t(world().cluster.seed), bits = std::bit_cast<uint64_t>(moment);
  const Philox4 words = philox({uint32_t(bits), uint32_t(bits >> 32), uint32_t(world().rank()), 13}, {uint32_t(seed), uint32_t(seed >> 32)});
  return std::sqrt(-2 * std::log((words[0] + 0.5) * 0x1p-32)) * std::cos(2 * std::numbers::pi * words[1] * 0x1p-32);
}
}  // namespace

void compute(double seconds) {
  const Cluster& c = world().cluster;
  if (c.rank_spread > 0) seconds *= std::exp(c.rank_spread * normal(-1));
  if (c.noise > 0) seconds *= std::exp(c.noise * normal(world().now()));
  world().compute(seconds);
}
void wait_until(double moment) { world().spend(std::max(0.0, moment - world().now())); }
double virtual_time() { return world().now(); }
RankTime time_so_far() { return world().time(); }
const Cluster& this_cluster() { return world().cluster; }
