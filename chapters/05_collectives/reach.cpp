// Which ranks reach each other's GPUs, and how; and what to do where it could be better.
//
//   make 05-reach RANKS=4          make doctor calls it, where there are GPUs and it is built
//
//   peer   kernels of one GPU read and write the memory of the other (peer_window.h)
//   mpi    MPI takes pointers into their memory
//   host   through memory of the host: that is always possible
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "chapters/03_fast_kernels/device_limits.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/03_fast_kernels/near_cores.h"
#include "chapters/04_point_to_point/device_transfer.h"
#include "chapters/04_point_to_point/gpu_of_rank.h"
#include "chapters/05_collectives/peer_reach.h"
#include "common/mpi/session.h"
#include "common/options.h"

namespace {

constexpr int longest_text = 300;

// A text of each rank, on rank 0, in the order of the ranks. Collective.
std::vector<std::string> of_all_ranks(const std::string& mine) {
  std::vector<char> texts(size_t(ranks_of(MPI_COMM_WORLD)) * longest_text);
  char text[longest_text];
  std::snprintf(text, sizeof text, "%s", mine.c_str());
  MPI_CHECK(MPI_Gather(text, longest_text, MPI_CHAR, texts.data(), longest_text, MPI_CHAR, 0, MPI_COMM_WORLD));
  std::vector<std::string> all;
  for (size_t at = 0; at < texts.size(); at += longest_text) all.emplace_back(&texts[at]);
  return all;
}

// The same for texts of any length, if it is the same on all ranks.
std::vector<std::string> long_texts_of_all_ranks(const std::string& mine) {
  std::vector<std::string> all(size_t(ranks_of(MPI_COMM_WORLD)));
  for (size_t at = 0; at < mine.size(); at += longest_text - 1) {
    const std::vector<std::string> parts = of_all_ranks(mine.substr(at, longest_text - 1));
    for (size_t r = 0; r < parts.size(); ++r) all[r] += parts[r];
  }
  return all;
}

std::string describe(const MpiSession& mpi) {
  char host[100] = "";
  gethostname(host, sizeof host - 1);
  const std::vector<std::string> gpus = visible_gpus_by_address();
  const int gpu = gpu_of_rank(mpi.node_rank(), int(gpus.size()));
  const std::string near = gpu < 0 ? "" : list_of(cores_near(gpus[size_t(gpu)]));
  const std::string number = std::to_string(gpu) + " of " + std::to_string(gpus.size());
  return std::string(host) + (gpu < 0 ? "" : ", GPU " + number + " " + gpus[size_t(gpu)]) + ", cores " + list_of(allowed_cores()) +
         (near.empty() ? "" : ", near its GPU: " + near);
}

struct Ranks {
  std::vector<std::string> described;
  std::vector<std::string> ways;      // of rank from, a letter for each rank to: p, n (another node), r (refused); - for itself
  std::vector<std::string> refusals;  // CUDA's words, the first of each rank
  std::vector<bool> direct;           // whether its MPI takes pointers
  std::string way(size_t a, size_t b) const {
    if (ways[a][b] == 'p' && ways[b][a] == 'p') return "peer";
    return direct[a] && direct[b] ? "mpi" : "host";
  }
};

// What to do so that MPI takes pointers. By whose it is, as MPI_Get_library_version says.
std::string advice_for(const std::string& library) {
  const auto is = [&](const char* name) { return library.find(name) != std::string::npos; };
  const char* said = std::getenv("MPIR_CVAR_ENABLE_GPU");
  if (is("CRAY")) return "module load craype-accel-nvidia80 (the GPU's name), export MPICH_GPU_SUPPORT_ENABLED=1";
  if (is("Open MPI"))
    return "`module avail` for names with CUDA in them (OpenMPI/...-CUDA, UCX-CUDA, nvhpc), or build it: --with-ucx --with-cuda";
  if (is("MPICH") && said && std::string(said) == "0") return "MPIR_CVAR_ENABLE_GPU=0 is set: take it away";
  if (is("MPICH"))
    return "that of Debian and Ubuntu takes none: `module avail` for names with CUDA in them, or build it: "
           "--with-device=ch4:ucx --with-cuda";
  return "ask its manual";
}

void print_table(const Ranks& all) {
  const size_t n = all.described.size();
  for (size_t r = 0; r < n; ++r) std::printf("rank %zu: %s\n", r, all.described[r].c_str());
  std::printf("%6s", "");
  for (size_t to = 0; to < n; ++to) std::printf(" %4zu", to);
  for (size_t from = 0; from < n; ++from) {
    std::printf("\n%6zu", from);
    for (size_t to = 0; to < n; ++to) std::printf(" %4s", from == to ? "-" : all.way(from, to).c_str());
  }
  std::printf("\n");
}

// By what the training programs send gradients of all ranks, without --exchange; then what keeps a pair from something better.
void print_advice(const Ranks& all, const GpuSupport& mpi, const std::string& library) {
  const size_t n = all.described.size();
  size_t peers = 0, by_mpi = 0, nodes = 0, refused = 0;
  std::string example;
  for (size_t a = 0; a < n; ++a)
    for (size_t b = a + 1; b < n; ++b) {
      peers += all.way(a, b) == "peer", by_mpi += all.way(a, b) == "mpi", nodes += all.ways[a][b] == 'n';
      if (all.ways[a][b] != 'r' && all.ways[b][a] != 'r') continue;
      const size_t who = all.ways[a][b] == 'r' ? a : b;
      if (refused++ == 0) example = "ranks " + std::to_string(a) + " and " + std::to_string(b) + ": " + all.refusals[who];
    }
  const size_t pairs = n * (n - 1) / 2;
  std::printf("%zu pairs: %zu peer, %zu mpi, %zu host\n", pairs, peers, by_mpi, pairs - peers - by_mpi);
  if (refused > 0)
    std::printf("%zu of one node do not reach each other (%s)\n"
                "  -> Slurm: --gpus-per-node, not --gpus-per-task; a container: without --pid, --ipc and --contain;\n"
                "     else the machine has no way between them: nvidia-smi topo -p2p r\n",
                refused, example.c_str());
  if (!mpi.direct)
    std::printf("%s pointers into a GPU's memory (%s)\n  -> %s\n     %s: common/cluster/README.md\n",
                nodes > 0 ? "between nodes gradients go through the host: MPI takes no" : "MPI takes no", mpi.reason.c_str(),
                advice_for(library).c_str(), peers == pairs ? "peers need none" : "more of it");
}

int reach(MpiSession& mpi, int argc, char** argv) {
  Options options("Tells which ranks reach each other's GPUs, and how.");
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;
  const std::unique_ptr<Device> device = make_device("cuda", mpi.node_rank());
  const std::vector<std::string> why = why_not_reached(dynamic_cast<CudaDevice&>(*device), MPI_COMM_WORLD);
  std::string ways, refusal;
  for (size_t other = 0; other < why.size(); ++other) {
    const bool away = why[other] == "another node";
    ways += int(other) == mpi.rank() ? '-' : why[other].empty() ? 'p' : away ? 'n' : 'r';
    if (refusal.empty() && !away) refusal = why[other];
  }
  const GpuSupport support = mpi_gpu_support();
  Ranks all{of_all_ranks(describe(mpi)), long_texts_of_all_ranks(ways), of_all_ranks(refusal), {}};
  for (const std::string& text : of_all_ranks(support.direct ? "yes" : "no")) all.direct.push_back(text == "yes");
  char library[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_CHECK(MPI_Get_library_version(library, &length));
  if (mpi.rank() != 0) return 0;
  if (!device_limits().is_gpu) std::printf("NOT A GPU: the CPU stands in for one, and all ranks of a node share it\n");
  print_table(all);
  print_advice(all, support, library);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, reach); }
