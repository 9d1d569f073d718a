// One training step of chapter 10's program, on a grid and by a schedule that are given, on a simulated cluster.
//
// Run: make 13-step ARGS="--pipeline 8 --micro-batches 16 --schedule zb-h1 --inputs 512 --hidden 512,512,512,512,512,512,512,512"
#include <cstdio>

#include "chapters/13_scaling/scaling_options.h"

int main(int argc, char** argv) try {
  ScalingOptions o;
  std::string schedule = "1f1b";
  int64_t replicas = 1, pipeline = 1, tensor = 1, micro_batches = 0, chunks = 1, recompute = 1;
  Options options("Time of a training step of one grid on a simulated cluster.");
  options.add("replicas", &replicas, "ranks that share the batch", between(1, 16384));
  options.add("pipeline", &pipeline, "ranks that share the layers", between(1, 1000));
  options.add("tensor", &tensor, "ranks that share each layer", between(1, 1000));
  options.add("micro-batches", &micro_batches, "parts of the batch; 0: one for each replica", at_least(0));
  options.add("schedule", &schedule, "of the pipeline", schedule_names);
  options.add("chunks", &chunks, "ranges of layers on each stage, for the interleaved schedule 2 or more", between(1, 1000));
  options.add("recompute", &recompute, "keep every N-th activation only, and compute the others again", between(1, 1000));
  o.declare(options);
  if (!options.parse(argc, argv)) return 0;

  const GridShape shape{int(replicas), int(pipeline), int(tensor)};
  HybridSettings s = o.settings();
  s.micro_batches = int(micro_batches == 0 ? replicas : micro_batches);
  s.schedule = schedule, s.chunks = int(chunks), s.keep_every = int(recompute);
  const StepTime t = simulate_step(o.load(), s, shape);
  std::printf("%s, %s, %d micro-batches: %.4g ms a step, ranks compute %.1f %% of it, %zu messages\n", to_string(shape).c_str(),
              s.schedule.c_str(), s.micro_batches, 1e3 * t.seconds, 100 * t.computing / t.seconds, t.messages);
} catch (const Error& error) {
  return fail(error);
}
