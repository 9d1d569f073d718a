// Who am I, where do I run, which GPU is mine?
//
// A rank is a process of the MPI program. All ranks run this same file; what differs is the number that each one gets.
// Run: make 04-hello RANKS=4
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "chapters/03_fast_kernels/near_cores.h"
#include "chapters/04_point_to_point/device_transfer.h"
#include "chapters/04_point_to_point/gpu_of_rank.h"
#include "common/mpi/session.h"

namespace {

constexpr int line_tag = 1;
constexpr int longest_line = 600;

// The rank's GPU, by its number among those that it sees: ranks that see one each have number 0, and other addresses. What the system
// does not say is left out.
std::string gpu_of(int node_rank) {
  const std::vector<std::string> addresses = visible_gpus_by_address();
  const int gpu = gpu_of_rank(node_rank, int(addresses.size()));
  if (gpu < 0) return "none";
  const std::string address = addresses[size_t(gpu)], near = list_of(cores_near(address));
  return std::to_string(gpu) + " of " + std::to_string(addresses.size()) + (address.empty() ? "" : ", " + address) +
         (near.empty() ? "" : ", near cores " + near);
}

std::string describe(const MpiSession& mpi) {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  const std::string cores = list_of(allowed_cores());
  char line[longest_line];
  std::snprintf(line, sizeof line, "%4d of %-4d %-24s %4d of %-4d %8d  %-10s %s", mpi.rank(), mpi.size(),
                host, mpi.node_rank(), mpi.node_size(), int(getpid()), cores.empty() ? "unknown" : cores.c_str(),
                gpu_of(mpi.node_rank()).c_str());
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
