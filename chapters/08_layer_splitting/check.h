// Proves a schedule without MPI, and tells what it costs.
//
// A pipeline that hangs, or that trains something else than the serial program, does so on some numbers of stages and
// micro-batches only. A checker can try them all in a second.
#pragma once

#include <string>
#include <vector>

#include "chapters/08_layer_splitting/schedule.h"

// How long the passes of one micro-batch take, by chunk, in any unit.
struct StepTimes {
  std::vector<double> forward, backward;  // backward: both halves
  std::vector<double> weights = {};       // of these the second one, where it is a step of its own; empty: half of it
  double of(const Step& step, bool halves) const;
};
// Every chunk alike; backward computes two products where forward computes one.
StepTimes equal_times(int chunks);

struct TimedStep {
  Step step;
  double begin = 0, end = 0;
};

struct Proof {
  std::string error;      // one line that says what is wrong with the schedule, or empty; what follows needs it empty
  std::vector<int> kept;  // by stage: the most activations at once, one for each (chunk, micro-batch)
  double length = 0;      // from the first step to the last one's end
  double idle = 0;        // the share of all stages' time in which they do not compute
  std::vector<std::vector<TimedStep>> times;  // by stage

  bool holds() const { return error.empty(); }
};

// Shows that
//   * every chunk takes every micro-batch forward once and (if the schedule trains) backward once, on its stage; and its second
//     half once, where there are halves;
//   * one after the other, and all in ascending order of micro-batches in every chunk;
//   * no forward step overwrites activations that a backward step still needs: slots are not reused too early;
//   * what the executor does (actions.h) comes to an end: a receive waits until its message was sent; a send is
//     complete only when its receive is posted (MPI may, but need not, buffer it); it is waited for before its buffer
//     is written again; and no receive is posted into memory that is still needed. Messages take no time.
Proof check(const Schedule& schedule, const StepTimes& times);
inline Proof check(const Schedule& schedule) { return check(schedule, equal_times(schedule.chunks())); }

// "forward", "backward", "weights"
std::string name_of(Pass pass);
// "forward of chunk 2, micro-batch 5"
std::string text_of(const Step& step);
