// Idle places counted: which passes the stages of a real run took, in which order, played with a clock on which every pass has its length.
// No time is measured, so the number is the same on a busy machine.
// ranks: 1 2 3 4
#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "chapters/08_layer_splitting/idle.h"
#include "chapters/08_layer_splitting/pipeline.h"
#include "common/mpi/session.h"
#include "tests/mpi_expect.h"
#include "tests/recorded_calls.h"

namespace {

int ranks() { return ranks_of(MPI_COMM_WORLD); }
int rank() { return rank_of(MPI_COMM_WORLD); }

// A pass as the trace names it: f, b or w, and the micro-batch.
struct Traced {
  char pass;
  int micro_batch;
};

// The passes of one step on this rank.
std::vector<Traced> trace_of_a_step(const Schedule& schedule) {
  const std::vector<int> sizes(17, 9);
  const Dataset data = random_dataset(9, 40);
  CpuDevice device;
  const StageLayout layout = make_stage_layout(sizes, balanced_chunks(sizes, schedule.chunks()), schedule.stages, rank());
  const Buffer parameters(device, layout.count, Purpose::parameters), gradients(device, layout.count, Purpose::gradients);
  device.fill(parameters.data(), 0.01f, layout.count);
  Pipeline pipeline(device, schedule, layout, parameters, gradients, (40 + schedule.micro_batches - 1) / schedule.micro_batches, MPI_COMM_WORLD);
  std::vector<uint32_t> order(data.count);
  std::iota(order.begin(), order.end(), 0u);
  std::vector<Traced> passes;
  for (const Recorded& call : record([&] { pipeline.step(data, order, {0, data.count}); }))
    if (call.what == "forward" || call.what == "backward" || call.what == "weights") passes.push_back({call.what[0], call.number});
  return passes;
}

// The traces of all ranks, on every rank.
std::vector<std::vector<Traced>> of_all_ranks(const std::vector<Traced>& mine) {
  std::vector<std::vector<Traced>> all;
  for (int r = 0; r < ranks(); ++r) {
    int n = int(mine.size());
    MPI_CHECK(MPI_Bcast(&n, 1, MPI_INT, r, MPI_COMM_WORLD));
    std::vector<Traced> theirs = mine;
    theirs.resize(size_t(n));
    MPI_CHECK(MPI_Bcast(theirs.data(), n * int(sizeof(Traced)), MPI_BYTE, r, MPI_COMM_WORLD));
    all.push_back(theirs);
  }
  return all;
}

// Units of all stages in which they do not compute, from the first pass to the last one's end, where a forward pass through a stage takes
// 1 unit, backward 2 or, in halves, 1 and 1; a chunk's takes the less. What a pass needs: the same micro-batch's from the chunk before, or
// behind. A micro-batch meets a stage's chunks one after another, so its k-th forward pass there is chunk k.
double idle_units(const std::vector<std::vector<Traced>>& traces, int chunks_a_stage, bool halves) {
  const int stages = int(traces.size()), chunks = chunks_a_stage * stages;
  std::map<std::array<int, 3>, double> ends;  // by pass, chunk, micro-batch
  std::vector<size_t> next(traces.size(), 0);
  std::vector<double> clock(traces.size(), 0);
  std::vector<std::map<std::pair<char, int>, int>> met(traces.size());
  double work = 0;
  for (bool moved = true; moved;) {
    moved = false;
    for (size_t s = 0; s < traces.size(); ++s) {
      if (next[s] == traces[s].size()) continue;
      const auto [pass, m] = traces[s][next[s]];
      const int k = met[s][{pass, m}], c = (pass == 'f' ? k : chunks_a_stage - 1 - k) * stages + int(s);
      double ready = clock[s];
      const auto needs = [&, m = m](char p, int chunk) {
        const auto found = ends.find({p, chunk, m});
        if (found == ends.end()) return false;
        ready = std::max(ready, found->second);
        return true;
      };
      if (pass == 'f' ? c > 0 && !needs('f', c - 1) : pass == 'w' ? !needs('b', c) : c + 1 < chunks ? !needs('b', c + 1) : !needs('f', c)) continue;
      const double length = (pass == 'b' && !halves ? 2.0 : 1.0) / chunks_a_stage;
      ends[{pass, c, m}] = clock[s] = ready + length;
      work += length, ++met[s][{pass, m}], ++next[s], moved = true;
    }
  }
  for (size_t s = 0; s < traces.size(); ++s)
    if (next[s] < traces[s].size()) return -1;  // somebody waits for ever
  return double(stages) * *std::max_element(clock.begin(), clock.end()) - work;
}

}  // namespace

// p stages, from p micro-batches on: 1f1b is idle for 3 p (p - 1) units, two chunks for half of that, zb-h1 for p (p - 1). On two stages,
// as the text says, 6, 3 and 2.
TEST(Traced, StagesAreIdleForAsManyPlacesAsTheFormulasSay) {
  if (!calls_can_be_recorded()) GTEST_SKIP() << "skipped: no guard that records calls";
  const int p = ranks();
  for (int m : {p, 4 * p, 6 * p})
    for (const auto& [name, chunks] : {std::pair{"1f1b", 1}, {"interleaved", 2}, {"zb-h1", 1}, {"gpipe", 1}, {"naive", 1}}) {
      if (std::string(name) == "interleaved" && p == 1) continue;
      const double idle = idle_units(of_all_ranks(trace_of_a_step(make_schedule(name, p, chunks, m))), chunks, is_in_halves(name));
      const double expected = std::string(name) == "naive" ? 3.0 * m * p * (p - 1) : is_in_halves(name) ? p * (p - 1) : 3.0 * p * (p - 1) / chunks;
      EXPECT_ON_ALL_RANKS(std::abs(idle - expected) < 1e-9) << name << ", " << m << " micro-batches: " << idle << ", by formula " << expected;
      const double share = idle / (idle + 3.0 * m * p);
      EXPECT_ON_ALL_RANKS(std::abs(share - idle_formula(name, p, chunks, m)) < 1e-9) << name << ": " << share;
    }
}
