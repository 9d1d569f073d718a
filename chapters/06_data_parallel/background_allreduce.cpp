#include "chapters/06_data_parallel/background_allreduce.h"

#include <climits>
#include <vector>

#include "chapters/05_collectives/add.h"
#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/scratch.h"
#include "common/error.h"
#include "common/mpi/session.h"

namespace {

// allreduce_rank_order of chapter 05, taken apart at the places where it waits. Every rank owns a block:
//   collecting   everybody sends every block to its owner; the owner adds them: ((x0 + x1) + x2) + ...
//   spreading    every owner sends its sum to everybody
class RankOrder : public BackgroundAllreduce {
 public:
  RankOrder(float* data, size_t n, int number, MPI_Comm comm)
      : data_(data), blocks_{n, ranks_of(comm)}, rank_(rank_of(comm)), tag_(2 * number), comm_(comm) {
    const size_t mine = blocks_.size(rank_);
    received_ = scratch(mine * size_t(blocks_.ranks));
    for (int rank = 0; rank < blocks_.ranks; ++rank) {
      if (rank == rank_) continue;
      receive(received_.get() + mine * size_t(rank), mine, rank, tag_);
    }
    for (int rank = 0; rank < blocks_.ranks; ++rank)
      if (rank != rank_) send(data_ + blocks_.begin(rank), blocks_.size(rank), rank, tag_);
  }

  bool progress() override {
    int complete = 0;
    while (phase_ != Phase::done) {
      MPI_CHECK(MPI_Testall(int(requests_.size()), requests_.data(), &complete, MPI_STATUSES_IGNORE));
      if (!complete) return false;
      next_phase();
    }
    return true;
  }

  void wait() override {
    while (phase_ != Phase::done) {
      MPI_CHECK(MPI_Waitall(int(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE));
      next_phase();
    }
  }

 private:
  enum class Phase { collecting, spreading, done };

  // Called when all requests are complete, those of the sends, too: spreading writes where they were reading.
  void next_phase() {
    requests_.clear();
    phase_ = phase_ == Phase::collecting ? Phase::spreading : Phase::done;
    if (phase_ == Phase::done) return;

    const size_t mine = blocks_.size(rank_);
    float* own = data_ + blocks_.begin(rank_);
    add_in_rank_order(own, [&](int r) { return r == rank_ ? own : received_.get() + mine * size_t(r); }, mine,
                      blocks_.ranks);
    for (int rank = 0; rank < blocks_.ranks; ++rank)
      if (rank != rank_) receive(data_ + blocks_.begin(rank), blocks_.size(rank), rank, tag_ + 1);
    for (int rank = 0; rank < blocks_.ranks; ++rank)
      if (rank != rank_) send(own, mine, rank, tag_ + 1);
  }

  void send(const float* data, size_t n, int to, int tag) {
    if (n == 0) return;  // both sides know
    requests_.emplace_back();
    MPI_CHECK(MPI_Isend(data, int(n), MPI_FLOAT, to, tag, comm_, &requests_.back()));
  }
  void receive(float* data, size_t n, int from, int tag) {
    if (n == 0) return;
    requests_.emplace_back();
    MPI_CHECK(MPI_Irecv(data, int(n), MPI_FLOAT, from, tag, comm_, &requests_.back()));
  }

  float* data_;
  Blocks blocks_;
  int rank_, tag_;
  MPI_Comm comm_;
  Scratch received_;  // everybody's copy of this rank's block
  std::vector<MPI_Request> requests_;
  Phase phase_ = Phase::collecting;
};

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
  return std::make_unique<RankOrder>(data, n, number, comm);
}
