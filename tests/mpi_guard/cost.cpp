// Not a planted bug: measures what a call costs through the guard (MPI_...) and past it (PMPI_...), in turns.
// Needs a quiet machine.
//   common/mpi/launch 4 build/tests/mpi_guard/cost
#include <algorithm>
#include <cstdio>
#include <vector>

#include "tests/mpi_guard/planted.h"

using Allreduce = decltype(&MPI_Allreduce);
using Send = decltype(&MPI_Send);
using Recv = decltype(&MPI_Recv);

// Microseconds for one sum of `count` floats.
double allreduce_us(Allreduce allreduce, int count, int rounds) {
  std::vector<float> mine(count, 1), sum(count);
  PMPI_Barrier(MPI_COMM_WORLD);
  const double begin = MPI_Wtime();
  for (int i = 0; i < rounds; i++)
    allreduce(mine.data(), sum.data(), count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
  return 1e6 * (MPI_Wtime() - begin) / rounds;
}

// Microseconds for one way of `count` floats between ranks 0 and 1; the others wait at the end.
double ping_pong_us(Send send, Recv recv, int rank, int count, int rounds) {
  std::vector<float> ball(count);
  PMPI_Barrier(MPI_COMM_WORLD);
  const double begin = MPI_Wtime();
  for (int i = 0; i < rounds && rank < 2; i++) {
    if (rank == 0) send(ball.data(), count, MPI_FLOAT, 1, 0, MPI_COMM_WORLD);
    recv(ball.data(), count, MPI_FLOAT, 1 - rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    if (rank == 1) send(ball.data(), count, MPI_FLOAT, 0, 0, MPI_COMM_WORLD);
  }
  return 1e6 * (MPI_Wtime() - begin) / (2 * rounds);
}

// Nanoseconds for a receive that has nothing to do: all that the guard adds to a call, and no noise of the memory.
double empty_receive_ns(Recv recv) {
  constexpr int rounds = 300'000;
  int nothing = 0;
  double best = 1e30;
  for (int turn = 0; turn < 15; turn++) {
    const double begin = MPI_Wtime();
    for (int i = 0; i < rounds; i++)
      recv(&nothing, 1, MPI_INT, MPI_PROC_NULL, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    best = std::min(best, 1e9 * (MPI_Wtime() - begin) / rounds);
  }
  return best;
}

struct Sample {
  std::vector<double> past, through;
  void print(const char* what, int count) {
    for (auto* times : {&past, &through}) std::sort(times->begin(), times->end());
    const size_t middle = past.size() / 2;
    std::printf("%-9s %7zu bytes, us: past the guard %9.2f (best %9.2f), through it %9.2f (best %9.2f)\n",
                what, count * sizeof(float), past[middle], past[0], through[middle], through[0]);
  }
};

void planted(int rank, int size) {
  const double past = empty_receive_ns(PMPI_Recv), through = empty_receive_ns(MPI_Recv);
  if (rank == 0) std::printf("empty receive, ns: past the guard %.1f, through it %.1f\n", past, through);
  // Past the guard, more than two ranks may need milliseconds a call: three calls are enough.
  for (int count : {1, 4096, 535'818}) {  // the last: the gradient of 784-512-256-10
    const int rounds = count == 1 ? 1000 : count == 4096 ? 200 : 5;
    Sample sums, balls;
    for (int turn = 0; turn < 15; turn++) {
      sums.past.push_back(allreduce_us(PMPI_Allreduce, count, size > 2 ? 3 : rounds));
      sums.through.push_back(allreduce_us(MPI_Allreduce, count, size > 2 ? rounds / 5 : rounds));
      if (size != 2) continue;
      balls.past.push_back(ping_pong_us(PMPI_Send, PMPI_Recv, rank, count, rounds));
      balls.through.push_back(ping_pong_us(MPI_Send, MPI_Recv, rank, count, rounds));
    }
    if (rank != 0) continue;
    sums.print("allreduce", count);
    if (size == 2) balls.print("ping-pong", count);
  }
}
