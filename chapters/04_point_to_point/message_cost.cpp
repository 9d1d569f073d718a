#include "chapters/04_point_to_point/message_cost.h"

#include <unistd.h>

#include <algorithm>

#include "chapters/04_point_to_point/patience.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/timer.h"

namespace {

constexpr int ping_tag = 1, pong_tag = 2, eager_tag = 3, result_tag = 4;

// Seconds of `trips` round trips, as rank 0 sees them.
double time_trips(std::vector<char>& message, int trips, int rank, MPI_Comm comm) {
  const int n = int(message.size()), partner = 1 - rank;
  const Timer timer;
  for (int trip = 0; trip < trips; ++trip) {
    if (rank == 0) MPI_CHECK(MPI_Send(message.data(), n, MPI_BYTE, partner, ping_tag, comm));
    MPI_CHECK(MPI_Recv(message.data(), n, MPI_BYTE, partner, rank == 0 ? pong_tag : ping_tag, comm,
                       MPI_STATUS_IGNORE));
    if (rank == 1) MPI_CHECK(MPI_Send(message.data(), n, MPI_BYTE, partner, pong_tag, comm));
  }
  return timer.seconds();
}

// Rank 0's number, on every rank. Ranks that have no part in a measurement wait for it here, asleep: the two others are to
// have the cores.
template <class Number>
Number from_rank_0(Number number, int rank, MPI_Comm comm) {
  const int size = ranks_of(comm);
  if (rank >= 2) wait_asleep(0, result_tag, comm);
  if (rank != 0)
    MPI_CHECK(MPI_Recv(&number, sizeof number, MPI_BYTE, 0, result_tag, comm, MPI_STATUS_IGNORE));
  for (int other = 1; rank == 0 && other < size; ++other)
    MPI_CHECK(MPI_Send(&number, sizeof number, MPI_BYTE, other, result_tag, comm));
  return number;
}

// Whether MPI_Send of this message would end before its receiver comes. Ranks 0 and 1 call it; rank 0 knows.
bool is_eager(std::vector<char>& message, size_t bytes, int rank, MPI_Comm comm) {
  constexpr double patience = 0.02;  // seconds; much more than a copy of any eager message takes
  int done = 0;
  if (rank == 0) {
    MPI_Request request;
    MPI_CHECK(MPI_Isend(message.data(), int(bytes), MPI_BYTE, 1, eager_tag, comm, &request));
    const Timer timer;
    while (!done && timer.seconds() < patience) MPI_CHECK(MPI_Test(&request, &done, MPI_STATUS_IGNORE));
    if (!done) MPI_CHECK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  } else {
    usleep(useconds_t(2e6 * patience));  // no MPI call: nothing here can answer
    MPI_CHECK(MPI_Recv(message.data(), int(bytes), MPI_BYTE, 0, eager_tag, comm, MPI_STATUS_IGNORE));
  }
  return done != 0;
}

}  // namespace

Line fit_line(std::span<const MessageTime> times) {
  // Minimize the sum of ((alpha + beta n) / t - 1)². With u = 1 / t and v = n / t these are the normal equations
  // alpha Σu² + beta Σuv = Σu  and  alpha Σuv + beta Σv² = Σv.
  double uu = 0, uv = 0, vv = 0, su = 0, sv = 0;
  bool differ = false;
  for (const MessageTime& time : times) {
    if (!(time.seconds > 0))
      throw Error("fit_line: a message of " + std::to_string(time.bytes) + " bytes took " +
                  std::to_string(time.seconds) + " s");
    differ |= time.bytes != times.front().bytes;
    const double u = 1 / time.seconds, v = double(time.bytes) / time.seconds;
    uu += u * u, uv += u * v, vv += v * v, su += u, sv += v;
  }
  if (!differ)
    throw Error("fit_line: needs messages of two sizes, got " + std::to_string(times.size()) + " times");
  const double determinant = uu * vv - uv * uv;
  return {(su * vv - sv * uv) / determinant, (uu * sv - uv * su) / determinant};
}

double time_ping_pong(size_t bytes, int rounds, MPI_Comm comm) {
  const int rank = rank_of(comm);
  std::vector<char> message(bytes, 'x');
  std::vector<double> times;
  int trips = 0;
  if (rank < 2)
    time_trips(message, 2, rank, comm);  // the first messages find no buffers and no connection yet
  const double one = rank < 2 ? time_trips(message, 5, rank, comm) / 5 : 0;
  trips = from_rank_0(std::clamp(int(0.0005 / one), 1, 1000), rank, comm);  // half a millisecond a round
  for (int round = 0; rank < 2 && round < rounds; ++round)
    times.push_back(time_trips(message, trips, rank, comm) / trips / 2);
  if (rank >= 2) times.assign(1, 0);
  return from_rank_0(*std::min_element(times.begin(), times.end()), rank, comm);
}

size_t eager_limit(size_t most, MPI_Comm comm) {
  const int rank = rank_of(comm);
  std::vector<char> message(most, 'x');
  size_t eager = 0, rendezvous = most + 1;  // the limit lies in [eager, rendezvous)
  while (rendezvous - eager > 1) {
    const size_t middle = eager + (rendezvous - eager) / 2;
    const bool yes = from_rank_0(rank < 2 && is_eager(message, middle, rank, comm), rank, comm);
    (yes ? eager : rendezvous) = middle;
  }
  return eager;
}
