#include "chapters/05_collectives/gpu_collectives.h"

#include <cstdio>
#include <stdexcept>

#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/mpi_collectives.h"
#include "chapters/05_collectives/peer_window.h"
#include "common/error.h"
#include "common/mpi/session.h"

GpuCollectives::GpuCollectives(CudaDevice& device, float* mine, size_t n, MPI_Comm comm, size_t short_sums)
    : device_(device), mine_(mine), n_(n), short_sums_(short_sums), rank_(rank_of(comm)), ranks_(ranks_of(comm)) {
  MPI_CHECK(MPI_Comm_dup(comm, &comm_));
}

GpuCollectives::~GpuCollectives() { MPI_CHECK(MPI_Comm_free(&comm_)); }

void GpuCollectives::require_range(size_t begin, size_t count) const {
  if (begin > n_ || count > n_ - begin) throw std::logic_error("between GPUs: a range beyond the vector");
}

void GpuCollectives::reduce_scatter(size_t begin, size_t count) {
  reduce_scatter_to(mine_ + begin + Blocks{count, ranks_}.begin(rank_), begin, count, Write::overwrite);
}

bool open_between_gpus(const std::string& exchange, const std::string& what, const std::function<void(bool peer)>& open) {
  std::string why;
  const auto tell = [&](const char* way) {
    if (!why.empty() && rank_of(MPI_COMM_WORLD) == 0) std::printf("%s: %s%s\n", why.c_str(), what.c_str(), way);
  };
  for (const bool peer : {true, false}) {
    if (exchange != "auto" && exchange != (peer ? "peer" : "mpi")) continue;
    try {
      open(peer);
      tell(way_between_gpus(peer));
      return true;
    } catch (const Error& error) {
      if (why.empty()) why = error.what();
    }
  }
  tell(" through host memory");
  return false;
}

std::unique_ptr<GpuCollectives> make_gpu_collectives(bool peer, CudaDevice& device, float* mine, size_t n, MPI_Comm comm,
                                                     size_t short_sums) {
  if (peer) return std::make_unique<PeerWindow>(device, mine, n, comm, short_sums);
  return std::make_unique<MpiCollectives>(device, mine, n, comm, short_sums);
}
