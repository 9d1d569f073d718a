// The rounds of patterns.h between real processes: compiled and started by virtual_hosts, next to this file.
//   measure CASES HOSTS ON_A_HOST ROUNDS      of each case with so many hosts and ranks on each: the median round, in ms
//
// Computing is sleeping: all hosts share the cores of one machine.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "chapters/13_scaling/referee/patterns.h"

int measure(MpiSession& mpi, int argc, char** argv) {
  if (argc != 5) throw Error("measure CASES HOSTS ON_A_HOST ROUNDS");
  const int hosts = std::atoi(argv[2]), on_a_host = std::atoi(argv[3]), rounds = std::atoi(argv[4]);
  if (mpi.size() != hosts * on_a_host) throw Error("measure: " + std::to_string(mpi.size()) + " ranks");
  for (const HostCase& c : read_cases(argv[1])) {
    if (c.hosts != hosts || c.on_a_host != on_a_host) continue;
    std::vector<double> seconds;
    for (int round = 0; round <= rounds; ++round)
      seconds.push_back(seconds_of_round(c, MPI_Wtime, [](double t) { usleep(useconds_t(1e6 * t)); }));
    seconds.erase(seconds.begin());  // connections were made in it
    std::ranges::sort(seconds);
    if (mpi.rank() == 0) std::printf("%.4g\n", 1e3 * seconds[seconds.size() / 2]), std::fflush(stdout);
  }
  return 0;
}

int main(int argc, char** argv) { return run_with_mpi(argc, argv, measure); }
