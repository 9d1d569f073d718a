// Messages of unknown length from unknown senders: MPI_Probe and MPI_ANY_SOURCE.
//
// Every other rank does its work in its own time and sends what it found, a list of unknown length. Rank 0 takes the lists
// as they come: it asks what is there (who sent it, how long is it), makes room, and only then receives.
// Run: mpiexec -n 4 build/chapters/04_point_to_point/probe
#include <unistd.h>

#include <cstdio>
#include <vector>

#include "common/mpi/session.h"
#include "common/philox.h"
#include "common/timer.h"

namespace {

constexpr int list_tag = 1;
constexpr int lists_per_rank = 3;

// "Work" of random length, with a result of random length. Every rank knows what every other one finds: so rank 0 can
// check what arrives.
std::vector<int> find_something(int rank, int round) {
  const uint32_t length = random_words(1, RandomStream::test, uint32_t(rank), uint64_t(round))[0] % 1000;
  return std::vector<int>(length, 1000 * rank + round);
}

void work_and_send(int rank) {
  for (int round = 0; round < lists_per_rank; ++round) {
    usleep(1000 + random_words(2, RandomStream::test, uint32_t(rank), uint64_t(round))[0] % 30000);
    const std::vector<int> found = find_something(rank, round);
    MPI_CHECK(MPI_Send(found.data(), int(found.size()), MPI_INT, 0, list_tag, MPI_COMM_WORLD));
  }
}

std::vector<int> receive_any(int* source) {
  MPI_Status status;
  int length = 0;
  MPI_CHECK(MPI_Probe(MPI_ANY_SOURCE, list_tag, MPI_COMM_WORLD, &status));
  MPI_CHECK(MPI_Get_count(&status, MPI_INT, &length));
  *source = status.MPI_SOURCE;
  std::vector<int> list(length);
  // From the sender that was probed, not from MPI_ANY_SOURCE again: another message may have come in meanwhile, and it
  // may be longer than the list that room was made for.
  MPI_CHECK(MPI_Recv(list.data(), length, MPI_INT, *source, list_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
  return list;
}

int probe(MpiSession& mpi, int, char**) {
  if (mpi.rank() != 0) {
    work_and_send(mpi.rank());
    return 0;
  }
  const Timer timer;
  std::vector<int> rounds(size_t(mpi.size()), 0);
  for (int message = 0; message < lists_per_rank * (mpi.size() - 1); ++message) {
    int source = 0;
    const std::vector<int> list = receive_any(&source);
    // Messages of *one* sender with one tag never overtake each other, so this is its next list.
    const int round = rounds[size_t(source)]++;
    const bool right = list == find_something(source, round);
    std::printf("%6.1f ms: list %d of rank %d, %4zu numbers%s\n", 1e3 * timer.seconds(), round, source,
                list.size(), right ? "" : "  <- WRONG");
    if (!right) return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, probe); }
