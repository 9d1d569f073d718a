// See trace_clock.h.
#include "common/mpi_guard/trace_clock.h"

#include <vector>

#include "common/mpi_guard/wait.h"

namespace guard {
namespace {

constexpr int tag = 0;
constexpr int rounds = 20;
MPI_Comm own = MPI_COMM_NULL;  // the guard's own, of all ranks
bool shares_clock = true;      // with rank 0

// Rank 0's side: tells the time whenever it is asked.
void tell_time(int other) {
  for (int round = 0; round < rounds; round++) {
    int64_t time = 0;
    transfer(&time, sizeof time, other, false);
    time = now_ns();
    transfer(&time, sizeof time, other, true);
  }
}

// The answer of the quickest round trip was made half-way through it (Cristian, 1989): the error is at most half
// of that round trip.
Clock ask_time() {
  Clock best;
  int64_t quickest = INT64_MAX;
  for (int round = 0; round < rounds; round++) {
    int64_t time = 0;
    const int64_t asked = now_ns();
    transfer(&time, sizeof time, 0, true);
    transfer(&time, sizeof time, 0, false);
    const int64_t heard = now_ns();
    if (heard - asked >= quickest) continue;
    quickest = heard - asked;
    best = {asked + quickest / 2, time - (asked + quickest / 2)};
  }
  return best;
}

}  // namespace

void transfer(void* data, int bytes, int other, bool send) {
  if (send) politely(PMPI_Isend, data, bytes, MPI_CHAR, other, tag, own);
  else politely(PMPI_Irecv, data, bytes, MPI_CHAR, other, tag, own);
}

void find_shared_clock(MPI_Comm communicator, MPI_Comm node) {
  own = communicator;
  int rank = 0;
  PMPI_Comm_rank(own, &rank);
  shares_clock = over_ranks(MPI_MIN, rank, node) == 0;
}

// One rank after another, so that they do not disturb each other.
Clock compare_clocks() {
  int size = 1;
  PMPI_Comm_size(own, &size);
  std::vector<int> asks(size);
  int mine = !shares_clock;
  politely(PMPI_Iallgather, &mine, 1, MPI_INT, asks.data(), 1, MPI_INT, own);
  int rank = 0;
  PMPI_Comm_rank(own, &rank);
  if (rank != 0) return mine ? ask_time() : Clock{};
  for (int other = 1; other < size; other++)
    if (asks[other]) tell_time(other);
  return {};
}

}  // namespace guard
