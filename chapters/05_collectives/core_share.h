// Did a measurement have the machine for itself?
//
// A rank that computes uses its core all the time, and so does one that waits inside MPI, which asks again and again whether
// something has come. So between begin() and end() a process should have used as many seconds of a core as have passed.
// What is missing, somebody else had.
#pragma once

#include <mpi.h>

#include <algorithm>
#include <ctime>
#include <vector>

#include "common/machine.h"
#include "common/mpi/session.h"
#include "common/statistics.h"
#include "common/timer.h"

// Seconds of a core that this process has used so far. As with clock_seconds, a test may put a clock of its own in its place.
inline double (*processor_seconds)() = [] {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
};

class CoreShare {
 public:
  void begin() {
    used_ -= processor_seconds();
    timer_.restart();
  }
  void end() {
    passed_ += timer_.seconds();
    used_ += processor_seconds();
  }

  // The share of the time in which this process was without a core, of the rank that had least. Collective.
  double lost(MPI_Comm comm) const {
    double lost = passed_ > 0 ? std::max(0.0, 1 - used_ / passed_) : 0;
    MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &lost, 1, MPI_DOUBLE, MPI_MAX, comm));
    return lost;
  }

 private:
  double used_ = 0, passed_ = 0;
  Timer timer_;
};

// What the numbers of a measurement are good for.
enum class Verdict { quiet, disturbed, more_ranks_than_cores };

// A program of the system that runs now and then costs one or two hundredths; another one that computes all the time costs a
// quarter and more. The limit lies between.
inline constexpr double still_quiet = 0.05;

// lost: CoreShare::lost.  Where ranks share cores each of them loses its core all the time, by design.
inline Verdict verdict(double lost, int ranks_on_node) {
  if (ranks_on_node > usable_cores()) return Verdict::more_ranks_than_cores;
  return lost <= still_quiet ? Verdict::quiet : Verdict::disturbed;
}

// On medians over rounds; lost: an entry a round. They lie among the values of quiet rounds if more than half of the rounds
// were quiet.
inline Verdict verdict(const std::vector<double>& lost, int ranks_on_node) { return verdict(median(lost), ranks_on_node); }

inline const char* name_of(Verdict v) {
  return v == Verdict::quiet ? "quiet" : v == Verdict::disturbed ? "DISTURBED" : "MORE RANKS THAN CORES";
}

// The exit status of a benchmark whose numbers are not fit to be written down: 77, as where a GPU is missing. A text that is
// made by common/readme.sh then stays as it is.
inline constexpr int not_quiet_status = 77;
