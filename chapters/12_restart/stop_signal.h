// SIGTERM and SIGUSR1: "your time is nearly over". Slurm sends them before it kills (`#SBATCH --signal=USR1@60`, or SIGTERM at
// scancel and at the time limit).
//
// A signal reaches the ranks at different moments, maybe not all of them, and a rank that stopped by itself would leave
// the others waiting. So the handler only makes a note; the ranks agree at the end of a step, and then all stop after
// the same step. It is made in the first line of main, so that a signal during the set-up is noted, too: its step is the first one.
//
// A second signal, later than a second after the first, ends the process at once, as if nobody handled it: whoever sends it does not
// want to wait. Within that second it is the same wish that came twice, from the batch system and from the launcher.
#pragma once

class StopSignal {
 public:
  // From now until the end of the scope. At most one object at a time.
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // The signal that this rank has received, or 0.
  int received() const;
};

// The name of such a signal.
const char* name_of_signal(int signal);
