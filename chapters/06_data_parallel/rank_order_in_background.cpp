#include <vector>

#include "chapters/05_collectives/add.h"
#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/scratch.h"
#include "chapters/06_data_parallel/background_allreduce.h"
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
    for (int step = 1; step < blocks_.ranks; ++step) {
      const int from = before(step);
      receive(received_.get() + mine * size_t(from), mine, from, tag_);
    }
    for (int step = 1; step < blocks_.ranks; ++step) {
      const int to = behind(step);
      send(data_ + blocks_.begin(to), blocks_.size(to), to, tag_);
    }
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
    for (int step = 1; step < blocks_.ranks; ++step) {  // first: other sums may be there before this one is
      const int from = before(step);
      receive(data_ + blocks_.begin(from), blocks_.size(from), from, tag_ + 1);
    }
    add_in_rank_order(own, [&](int r) { return r == rank_ ? own : received_.get() + mine * size_t(r); }, mine,
                      blocks_.ranks);
    for (int step = 1; step < blocks_.ranks; ++step) send(own, mine, behind(step), tag_ + 1);
  }

  // Each rank begins with its right neighbour, so no rank is everybody's first target.
  int behind(int step) const { return (rank_ + step) % blocks_.ranks; }
  int before(int step) const { return (rank_ - step + blocks_.ranks) % blocks_.ranks; }

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

}  // namespace

std::unique_ptr<BackgroundAllreduce> begin_rank_order(float* data, size_t n, int number, MPI_Comm comm) {
  return std::make_unique<RankOrder>(data, n, number, comm);
}
