// What an allreduce should take: the formulas of collectives.h with numbers of a real machine, and the choice of the
// cheapest algorithm that follows from them.
//
// One alpha and one beta do not describe a real machine: MPI sends short, middle and long messages in different ways
// (through a queue of small cells, or by one copy out of the sender's memory), and long vectors fall out of the
// caches. So the line alpha + bytes beta is fitted piece by piece. Here beta and gamma count bytes, not elements.
//
// Nor is gamma the time of an addition alone. The vector that was just sent lies in the other core's cache, too, and
// adding to it must fetch it back. So the steps of a reduction, exchange and add, are measured as a whole, once for
// each case: their beta is the beta + gamma of the formulas.
//
// Source of the model: R. W. Hockney: The communication challenge for MPP: Intel Paragon and Meiko CS-2. Parallel
// Computing 20(3), 389-398, 1994; in the pieces, only the idea of a cost by message size is that of T. Kielmann,
// H. E. Bal, K. Verstoep: Fast Measurement of LogP Parameters for Message Passing Platforms. IPDPS Workshops 2000.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "chapters/05_collectives/table.h"

// One measured time.
struct Sample {
  double bytes, seconds;
};

// A step with at most up_to_bytes (and more than the piece before allows) takes alpha + bytes * beta.
struct Piece {
  double up_to_bytes;
  double alpha;  // seconds
  double beta;   // seconds per byte
};

// One or more pieces, ascending; the last one also holds for longer messages.
using Curve = std::vector<Piece>;

struct Machine {
  Curve exchanges;           // sending and receiving so many bytes each
  Curve reductions;          // the same, and adding what came to what was not sent, as in a reduce-scatter
  Curve reductions_of_sent;  // the same, and adding what came to what was sent, as in recursive doubling

  // Seconds of one such step. 0 for 0 bytes, since no message is sent.
  double exchange(double bytes) const;
  double reduction(double bytes) const;
  double reduction_of_sent(double bytes) const;
};

// The line nearest to measured times (ascending sizes, at least 2): up to `pieces` pieces, each through two or more
// samples, so that the sum of squared relative errors is smallest. Throws Error on fewer or unsorted samples.
Curve fit_curve(std::span<const Sample> samples, int pieces = 4);

// Measures these steps with the neighbours in a ring, with 1, 2, 4, ... floats, up to `longest` (16 MiB).
class Calibration {
 public:
  explicit Calibration(MPI_Comm comm, size_t longest = size_t{1} << 22);  // floats
  void round();  // measures everything once; collective
  Machine
  fit();  // to the medians over the rounds of the slowest rank's times; collective, once, after a round or more

 private:
  struct Times {
    size_t floats;
    std::vector<double> exchange, reduction, reduction_of_sent;  // seconds, by round
  };
  MPI_Comm comm_;
  std::vector<float> out_, in_, sum_;
  std::vector<Times> times_;
};

// Some rounds of that: about a second where each rank has a core. Collective; the result is the same on every rank, as it must be when all
// are to choose the same algorithm.
Machine calibrate(MPI_Comm comm, size_t longest = size_t{1} << 22, int rounds = 7);

// Text, one line per piece. load_machine throws Error: no such file, not such a file, no pieces.
void save_machine(const Machine& machine, const std::string& file);
Machine load_machine(const std::string& file);
// The same in a file with other lines. prefix: before each line.  name: of the file, for errors.
void write_machine(std::ostream& out, const Machine& machine, const std::string& prefix = "");
Machine read_machine(std::istream& in, const std::string& name);

// Seconds that the allreduce called `name` should take for a vector of `bytes`. The names are those of
// modelled_allreduces(); throws Error for others (shared-window, two-level and mpi send other things than messages
// between equals).
double predicted_seconds(const std::string& name, double bytes, int ranks, const Machine& machine);
std::span<const char* const> modelled_allreduces();

// From how many bytes on, of 8 to 1e8, the one called `name` takes less time than recursive doubling; 0 if it never does.
double overtakes(const std::string& name, int ranks, const Machine& machine);

// The allreduce with the smallest prediction. Another choice for another length means another order of the sum:
// where bits matter, name one algorithm instead.
const Named<Allreduce>& choose_allreduce(size_t bytes, int ranks, const Machine& machine);
