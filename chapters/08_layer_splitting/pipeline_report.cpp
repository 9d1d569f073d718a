#include "chapters/08_layer_splitting/pipeline_report.h"

#include <cstdio>

#include "chapters/04_point_to_point/serial_run.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/08_layer_splitting/idle.h"
#include "chapters/08_layer_splitting/memory.h"
#include "common/mpi/session.h"
#include "common/mpi_guard/trace.h"

PipelineReport::PipelineReport(const PipelineOptions& o, const Dataset& train, const Pipeline& pipeline)
    : TrainReport(o, train, pipeline.stage() != 0), options_(o), train_(train), pipeline_(pipeline) {
  trace_begin(o.trace);
  if (pipeline.stage() == 0) tell_plan();
}

// Which layers are where, and what to expect of it.
void PipelineReport::tell_plan() const {
  const std::vector<int> sizes = options_.sizes(train_);
  const std::vector<Range> chunks = options_.layers(sizes);
  const Schedule& schedule = pipeline_.schedule();
  std::printf("%d stage%s, %s, %d micro-batches%s; layers", schedule.stages, schedule.stages == 1 ? "" : "s",
              options_.schedule.c_str(), schedule.micro_batches, pipeline_.way());
  for (int stage = 0; stage < schedule.stages; ++stage) {
    std::printf("%s", stage > 0 ? " |" : "");
    for (size_t c = size_t(stage); c < chunks.size(); c += size_t(schedule.stages))
      std::printf(" %zu-%zu", chunks[c].first, chunks[c].last - 1);
  }
  const Proof equal = check(schedule), real = check(schedule, times_by_operations(sizes, chunks, schedule.keep_every));
  std::printf("\nplanned: idle %.1f %% if all chunks took equally long, %.1f %% with these\n", 100 * equal.idle,
              100 * real.idle);
}

int PipelineReport::end(const std::vector<float>& weights) {
  const std::vector<float> all = gather_weights(weights, pipeline_.layout(), pipeline_.communicator());
  TrainReport::end(all);
  tell_time();
  tell_memory();
  if (options_.compare_with_serial)
    return compare_with_serial_run(options_, train_, all, train_seconds(), Agreement::same_bits, 0,
                                   pipeline_.communicator());
  if (pipeline_.stage() == 0) std::printf("distance to the serial run: not measured (--compare-with-serial does)\n");
  return 0;
}

void PipelineReport::tell_time() const {
  const double idle = measured_idle({}, pipeline_.time(), pipeline_.communicator());
  if (pipeline_.stage() == 0) std::printf("measured: idle %.1f %% of the stages' time\n", 100 * idle);
}

void PipelineReport::tell_memory() const {
  const size_t stages = size_t(pipeline_.schedule().stages);
  const StageMemory formula =
      predict_memory(pipeline_.schedule(), pipeline_.layout(), pipeline_.stage(), options_.largest_micro_batch(), 0,
                     pipeline_.waits_late());
  const uint64_t mine[2] = {pipeline_.device().memory(Purpose::activations).peak, formula.activations};
  std::vector<uint64_t> all(2 * stages);
  MPI_CHECK(MPI_Gather(mine, 2, MPI_UINT64_T, all.data(), 2, MPI_UINT64_T, 0, pipeline_.communicator()));
  if (pipeline_.stage() != 0) return;
  std::printf("activations by stage: ");
  for (size_t i = 0; i < all.size(); i += 2) std::printf("%s%.3f", i > 0 ? " | " : "", 1e-6 * double(all[i]));
  std::printf(" MB; by formula: ");
  for (size_t i = 1; i < all.size(); i += 2) std::printf("%s%.3f", i > 1 ? " | " : "", 1e-6 * double(all[i]));
  std::printf(" MB\n");
}
