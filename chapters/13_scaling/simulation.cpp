// See simulation.h: a world and its MPI for one program.
#include "chapters/13_scaling/simulation.h"

#include "chapters/13_scaling/simulated_mpi.h"
#include "chapters/13_scaling/timeline.h"
#include "common/error.h"

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

void compute(double seconds) { world().compute(seconds); }
double virtual_time() { return world().now(); }
RankTime time_so_far() { return world().time(); }
const Cluster& this_cluster() { return world().cluster; }
