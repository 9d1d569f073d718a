#include "chapters/04_point_to_point/ring_shift.h"

#include <algorithm>

#include "common/error.h"
#include "common/mpi/session.h"

namespace {

constexpr int tag = 1;
const std::vector<std::string> names = {"blocking", "ordered", "sendrecv", "nonblocking"};

// All send, nobody receives: whether this returns is up to buffers that nobody promised.
void shift_blocking(float* in, const float* out, int n, int left, int right, MPI_Comm comm) {
  MPI_CHECK(MPI_Send(out, n, MPI_FLOAT, right, tag, comm));
  MPI_CHECK(MPI_Recv(in, n, MPI_FLOAT, left, tag, comm, MPI_STATUS_IGNORE));
}

// Even ranks send first, odd ranks receive first. In a ring of odd length the last and the first rank are both even:
// the last one's message waits until the first one's has left, and nobody waits in a circle, because one odd rank is
// enough to break it. A ring of one rank has none, so it may not do this.
void shift_ordered(float* in, const float* out, int n, int left, int right, int rank, MPI_Comm comm) {
  if (rank % 2 == 0) MPI_CHECK(MPI_Send(out, n, MPI_FLOAT, right, tag, comm));
  MPI_CHECK(MPI_Recv(in, n, MPI_FLOAT, left, tag, comm, MPI_STATUS_IGNORE));
  if (rank % 2 == 1) MPI_CHECK(MPI_Send(out, n, MPI_FLOAT, right, tag, comm));
}

// One call that does both; the library sees to it that they proceed together.
void shift_sendrecv(float* in, const float* out, int n, int left, int right, MPI_Comm comm) {
  MPI_CHECK(
      MPI_Sendrecv(out, n, MPI_FLOAT, right, tag, in, n, MPI_FLOAT, left, tag, comm, MPI_STATUS_IGNORE));
}

// Start both, then wait for both. Until then, `in` may not be read and `out` may not be written.
void shift_nonblocking(float* in, const float* out, int n, int left, int right, MPI_Comm comm) {
  MPI_Request requests[2];
  MPI_CHECK(MPI_Irecv(in, n, MPI_FLOAT, left, tag, comm, &requests[0]));
  MPI_CHECK(MPI_Isend(out, n, MPI_FLOAT, right, tag, comm, &requests[1]));
  MPI_CHECK(MPI_Waitall(2, requests, MPI_STATUSES_IGNORE));
}

}  // namespace

std::vector<std::string> ring_ways() { return names; }

RingWay ring_way(const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw Error("no way around the ring is called " + name);
  return RingWay(found - names.begin());
}

void ring_shift(float* in, const float* out, int n, RingWay way, MPI_Comm comm) {
  const int rank = rank_of(comm), size = ranks_of(comm);
  const int left = (rank - 1 + size) % size, right = (rank + 1) % size;
  if (way == RingWay::ordered && size == 1) way = RingWay::sendrecv;
  switch (way) {
    case RingWay::blocking:
      return shift_blocking(in, out, n, left, right, comm);
    case RingWay::ordered:
      return shift_ordered(in, out, n, left, right, rank, comm);
    case RingWay::sendrecv:
      return shift_sendrecv(in, out, n, left, right, comm);
    case RingWay::nonblocking:
      return shift_nonblocking(in, out, n, left, right, comm);
  }
}
