// Draws schedules and says what they cost, without running them.
//
//   make 08-plan RANKS=1 ARGS="--stages 4 --micro-batches 8"                           all schedules as text
//   make 08-plan RANKS=1 ARGS="--schedule 1f1b --stages 4 --events build/1f1b.csv"     one as a table, for draw.awk
#include <cstdio>
#include <fstream>
#include <iostream>

#include "chapters/08_layer_splitting/check.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/options.h"

namespace {

struct Choices {
  std::string schedule = "all", events;
  int64_t stages = 4, chunks = 2, micro_batches = 8;
  void declare(Options& options);
};

void Choices::declare(Options& options) {
  std::vector<std::string> names = schedule_names;
  names.push_back("all");
  options.add("schedule", &schedule, "which one", names);
  options.add("stages", &stages, "ranks of the pipeline", between(1, 64));
  options.add("chunks", &chunks, "ranges of layers on each stage, of the interleaved schedule", between(1, 64));
  options.add("micro-batches", &micro_batches, "parts of a batch", between(1, 1000));
  options.add("events", &events, "write begin and end of each step to this CSV file");
}

// Micro-batches as characters: 0 to 9, then letters.
char digit(int micro_batch) { return "0123456789abcdefghijklmnopqrstuvwxyz"[micro_batch % 36]; }

// One character is the time of a forward step, backward takes two; steps of later chunks are underlined by a second line, and so are
// the halves of backward, dx and dw.
void print_lane(const std::vector<TimedStep>& steps, int stage, const Proof& proof, const Schedule& schedule) {
  std::string passes(size_t(proof.length + 0.5), '.'), chunks(passes.size(), ' ');
  for (const TimedStep& timed : steps)
    for (size_t at = size_t(timed.begin + 0.5); at < size_t(timed.end + 0.5); ++at) {
      const bool first = at == size_t(timed.begin + 0.5);
      passes[at] = timed.step.pass == Pass::forward || first ? digit(timed.step.micro_batch) : '<';
      if (schedule.halves) chunks[at] = " xw"[size_t(timed.step.pass)];
      if (timed.step.chunk >= schedule.stages) chunks[at] = char('a' + timed.step.chunk / schedule.stages);
    }
  std::printf("stage %-2d |%s|  keeps %d", stage, passes.c_str(), proof.kept[size_t(stage)]);
  // Slots belong to a chunk: those that one chunk does not use are of no use to another.
  if (const int slots = schedule.slots_of(stage); slots != proof.kept[size_t(stage)]) std::printf(", has room for %d", slots);
  std::printf("\n");
  if (chunks.find_first_not_of(' ') != std::string::npos) std::printf("         |%s|\n", chunks.c_str());
}

void print(const std::string& name, const Choices& c) {
  const int chunks = name == "interleaved" ? int(c.chunks) : 1;
  const Schedule schedule = make_schedule(name, int(c.stages), chunks, int(c.micro_batches));
  const Proof proof = check(schedule);
  if (!proof.holds()) throw Error(name + ": " + proof.error);
  std::printf("%s: idle %.1f %%, by formula %.1f %%\n", name.c_str(), 100 * proof.idle,
              100 * idle_formula(name, int(c.stages), chunks, int(c.micro_batches)));
  for (int stage = 0; stage < schedule.stages; ++stage)
    print_lane(proof.times[size_t(stage)], stage, proof, schedule);
  std::printf("\n");
}

// stage,pass,chunk,micro_batch,begin,end: one line a step, each stage's in the order in which it takes them. A forward step
// through a whole stage takes 1, through one of its chunks the less.
void write_events(const std::string& name, const Choices& c) {
  const int chunks = name == "interleaved" ? int(c.chunks) : 1;
  const Schedule schedule = make_schedule(name, int(c.stages), chunks, int(c.micro_batches));
  const size_t all = size_t(schedule.chunks());
  const Proof proof = check(schedule, {std::vector(all, 1.0 / chunks), std::vector(all, 2.0 / chunks)});
  std::ofstream out(c.events);
  out << "stage,pass,chunk,micro_batch,begin,end\n";
  for (size_t stage = 0; stage < proof.times.size(); ++stage)
    for (const TimedStep& timed : proof.times[stage])
      out << stage << ',' << name_of(timed.step.pass) << ',' << timed.step.chunk << ','
          << timed.step.micro_batch << ',' << timed.begin << ',' << timed.end << '\n';
  if (!out.flush()) throw Error(c.events + ": cannot be written");
}

int plan(MpiSession& mpi, int argc, char** argv) {
  Choices c;
  Options options("Draws pipeline schedules: a forward step is one character, a backward step two.");
  c.declare(options);
  if (!options.parse(argc, argv, mpi.rank() != 0) || mpi.rank() != 0) return 0;
  if (!c.events.empty()) {
    if (c.schedule == "all") throw Error("--events: needs one --schedule");
    write_events(c.schedule, c);
    return 0;
  }
  for (const std::string& name : schedule_names)
    if (c.schedule == "all" || c.schedule == name) print(name, c);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, plan); }
