// Who am I, where do I run, which GPU is mine?
//
// A rank is a process of the MPI program. All ranks run this same file; what differs is the number that each one gets.
// Run: make 04-hello RANKS=4
#include <sched.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "chapters/04_point_to_point/device_transfer.h"
#include "chapters/04_point_to_point/gpu_of_rank.h"
#include "common/mpi/session.h"

namespace {

constexpr int line_tag = 1;
constexpr int longest_line = 400;

// The cores that the system may run this process on, as 0-3,8.
std::string allowed_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return "unknown";
  auto in_set = [&](int core) { return core < CPU_SETSIZE && CPU_ISSET(core, &set); };
  std::string text;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (!in_set(core) || in_set(core - 1)) continue;  // core begins a run of cores
    int last = core;
    while (in_set(last + 1)) ++last;
    text.append(text.empty() ? "" : ",").append(std::to_string(core));
    if (last > core) text.append("-").append(std::to_string(last));
  }
  return text;
}

std::string describe(const MpiSession& mpi) {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  const int gpus = visible_gpus(), gpu = gpu_of_rank(mpi.node_rank(), gpus);
  char line[longest_line];
  std::snprintf(line, sizeof line, "%4d of %-4d %-24s %4d of %-4d %8d  %-10s %s", mpi.rank(), mpi.size(),
                host, mpi.node_rank(), mpi.node_size(), int(getpid()), allowed_cores().c_str(),
                gpu < 0 ? "none" : (std::to_string(gpu) + " of " + std::to_string(gpus)).c_str());
  return line;
}

// Every rank could print its own line, but nobody would know in which order they appear. So the lines travel to rank 0,
// which prints them in the order of the ranks.
int hello(MpiSession& mpi, int, char**) {
  const std::string line = describe(mpi);
  if (mpi.rank() != 0) {
    MPI_CHECK(MPI_Send(line.c_str(), int(line.size()) + 1, MPI_CHAR, 0, line_tag, MPI_COMM_WORLD));
    return 0;
  }
  std::printf("   rank      %-24s rank on node      pid  cores      GPU\n%s\n", "host", line.c_str());
  for (int rank = 1; rank < mpi.size(); ++rank) {
    char other[longest_line];
    MPI_CHECK(MPI_Recv(other, longest_line, MPI_CHAR, rank, line_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
    std::printf("%s\n", other);
  }
  const GpuSupport gpus = mpi_gpu_support();
  std::printf("pointers into a GPU's memory in MPI calls: %s (%s)\n", gpus.direct ? "yes" : "no",
              gpus.reason.c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, hello); }
