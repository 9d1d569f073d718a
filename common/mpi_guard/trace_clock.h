// One clock for all ranks: how far rank 0's clock is from this host's.
#pragma once

#include <mpi.h>

#include <cstdint>

namespace guard {

struct Clock {
  int64_t here = 0;    // nanoseconds of this host's clock at the time of the look
  int64_t offset = 0;  // rank 0's clock minus this host's
};

// Both collective over `communicator`, the guard's own. `node`: ranks on one host read the same clock and need no look.
void find_shared_clock(MPI_Comm communicator, MPI_Comm node);
Clock compare_clocks();

// Rank 0's time at this host's time `here`: the offset drifts evenly between two looks.
class Conversion {
 public:
  Conversion(Clock first, Clock last) : first_(first), last_(last) {}
  int64_t operator()(int64_t here) const {
    const double span = double(last_.here - first_.here);
    const double part = span > 0 ? double(here - first_.here) / span : 0;
    return here + first_.offset + int64_t(part * double(last_.offset - first_.offset));
  }

 private:
  Clock first_, last_;
};

// A message on that communicator.
void transfer(void* data, int bytes, int other, bool send);

}  // namespace guard
