// The book's live figure of this chapter: a schedule as the checker times it, the stages at one moment, and all kinds of schedule
// beside each other.
// sources: schedule check walk actions
#include <algorithm>

#include "chapters/08_layer_splitting/check.h"
#include "common/error.h"
#include "common/live/live.h"

namespace {

struct Run {
  Schedule schedule;
  Proof proof;
  double formula = 0;
};

// A forward pass through a whole stage takes 1, through one of its chunks the less.
Run run(const std::string& name, const live::Settings& s) {
  const int stages = s.integer("stages"), micro_batches = s.integer("micro_batches");
  const int chunks = name == "interleaved" ? s.integer("chunks") : 1;
  Run run{make_schedule(name, stages, chunks, micro_batches), {}, idle_formula(name, stages, chunks, micro_batches)};
  const size_t all = size_t(run.schedule.chunks());
  run.proof = check(run.schedule, {std::vector(all, 1.0 / chunks), std::vector(all, s.number("backward") / chunks)});
  if (!run.proof.holds()) throw Error(name + ": " + run.proof.error);
  return run;
}

live::Json figure(const live::Settings& s) {
  const Run shown = run(s.at("schedule"), s);
  const double moment = s.number("moment") / 100 * shown.proof.length;
  std::vector<std::vector<std::vector<double>>> stages;  // by stage and step: pass, chunk, micro-batch, begin, end
  const Pass last_pass = shown.schedule.last_pass();
  std::vector<int> kept;                                 // activations on each stage at that moment
  std::vector<std::string> doing;
  for (const auto& steps : shown.proof.times) {
    auto& lane = stages.emplace_back();
    int& now = kept.emplace_back(0);
    std::string& what = doing.emplace_back("idle");
    for (const auto& [step, begin, end] : steps) {
      const bool forward = step.pass == Pass::forward;
      lane.push_back({double(step.pass), double(step.chunk), double(step.micro_batch), begin, end});
      if (begin <= moment && moment < end) what = text_of(step);
      if (forward ? begin <= moment : step.pass == last_pass && end <= moment) now += forward ? 1 : -1;
    }
  }
  std::vector<live::Json> kinds;
  for (const std::string& name : schedule_names) {
    const auto& [schedule, proof, formula] = run(name, s);
    kinds.push_back({{"name", name}, {"idle", proof.idle}, {"formula", formula}, {"length", proof.length},
                     {"most", *std::max_element(proof.kept.begin(), proof.kept.end())}});
  }
  return {{"idle", shown.proof.idle}, {"length", shown.proof.length}, {"moment", moment}, {"stages", stages},
          {"kept", kept}, {"most", shown.proof.kept}, {"doing", doing}, {"kinds", kinds}};
}

const live::Figure here(figure);

}  // namespace
