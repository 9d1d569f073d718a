#include "chapters/06_data_parallel/background_allreduce.h"

#include <climits>

#include "common/error.h"
#include "common/mpi/session.h"

namespace {

class OfMpi : public BackgroundAllreduce {
 public:
  OfMpi(float* data, size_t n, MPI_Comm comm) {
    MPI_CHECK(MPI_Iallreduce(MPI_IN_PLACE, data, int(n), MPI_FLOAT, MPI_SUM, comm, &request_));
  }
  bool progress() override {
    int complete = 0;
    MPI_CHECK(MPI_Test(&request_, &complete, MPI_STATUS_IGNORE));
    return complete;
  }
  void wait() override { MPI_CHECK(MPI_Wait(&request_, MPI_STATUS_IGNORE)); }

 private:
  MPI_Request request_ = MPI_REQUEST_NULL;
};

}  // namespace

bool runs_in_background(const std::string& allreduce) { return allreduce == "rank-order" || allreduce == "mpi"; }
std::string background_names() { return "rank-order and mpi"; }

std::unique_ptr<BackgroundAllreduce> begin_allreduce(const std::string& allreduce, float* data, size_t n, int number,
                                                     MPI_Comm comm) {
  if (n > INT_MAX) throw Error("--overlap: a piece of " + std::to_string(n) + " gradients, choose --bucket-kib");
  if (allreduce == "mpi") return std::make_unique<OfMpi>(data, n, comm);
  return begin_rank_order(data, n, number, comm);
}
