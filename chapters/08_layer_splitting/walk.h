// Lets the stages of a schedule take their actions without MPI, each with its own clock: does the run come to an end, and when?
#pragma once

#include <string>

#include "chapters/08_layer_splitting/check.h"

// Fills length, idle and times of `proof`, and returns "". Or returns a line that says who waits for what, or which message would
// be written over. For a schedule whose steps are all there, in order (see check).
std::string walk(const Schedule& schedule, const StepTimes& times, Proof& proof);
