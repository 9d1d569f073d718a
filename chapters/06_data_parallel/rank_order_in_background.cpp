#include <vector>

#include "chapters/05_collectives/add.h"
#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/scratch.h"
#include "chapters/06_data_parallel/background_allreduce.h"
#include "common/mpi/session.h"

namespace {

// How numbers travel, and how those of all ranks are added: sum may be one of the operands.
struct Floats {
  using Number = float;
  static MPI_Datatype type() { return MPI_FLOAT; }
  template <class Operand>
  void add(float* sum, Operand operand, size_t n, int ranks) const {
    add_in_rank_order(sum, operand, n, ranks);
  }
};

struct Words {
  using Number = uint16_t;
  static MPI_Datatype type() { return MPI_UINT16_T; }
  template <class Operand>
  void add(uint16_t* sum, Operand operand, size_t n, int ranks) const {
    constexpr size_t piece = 2048;  // as in add_in_rank_order
    float partial[piece], next[piece];
    for (size_t begin = 0; begin < n; begin += piece) {
      const size_t length = std::min(piece, n - begin);
      format.widen(partial, operand(0) + begin, length);
      for (int r = 1; r < ranks; ++r) {
        format.widen(next, operand(r) + begin, length);
        ::add(partial, partial, next, length);
      }
      format.narrow(sum + begin, partial, length);
    }
  }
  MessageFormat format;
};

// allreduce_rank_order of chapter 05, taken apart at the places where it waits. Every rank owns a block:
//   collecting   everybody sends every block to its owner; the owner adds them: ((x0 + x1) + x2) + ...
//   spreading    every owner sends its sum to everybody
template <class Kind>
class RankOrder : public BackgroundAllreduce {
 public:
  using Number = typename Kind::Number;

  RankOrder(Number* data, size_t n, int number, MPI_Comm comm, Kind kind)
      : kind_(kind), data_(data), blocks_{n, ranks_of(comm)}, rank_(rank_of(comm)), tag_(2 * number), comm_(comm) {
    const size_t mine = blocks_.size(rank_);
    memory_ = scratch((mine * size_t(blocks_.ranks) * sizeof(Number) + sizeof(float) - 1) / sizeof(float));
    received_ = reinterpret_cast<Number*>(memory_.get());
    for (int step = 1; step < blocks_.ranks; ++step) {
      const int from = before(step);
      receive(received_ + mine * size_t(from), mine, from, tag_);
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
    Number* own = data_ + blocks_.begin(rank_);
    for (int step = 1; step < blocks_.ranks; ++step) {  // first: other sums may be there before this one is
      const int from = before(step);
      receive(data_ + blocks_.begin(from), blocks_.size(from), from, tag_ + 1);
    }
    kind_.add(own, [&](int r) { return r == rank_ ? own : received_ + mine * size_t(r); }, mine, blocks_.ranks);
    for (int step = 1; step < blocks_.ranks; ++step) send(own, mine, behind(step), tag_ + 1);
  }

  // Each rank begins with its right neighbour, so no rank is everybody's first target.
  int behind(int step) const { return (rank_ + step) % blocks_.ranks; }
  int before(int step) const { return (rank_ - step + blocks_.ranks) % blocks_.ranks; }

  void send(const Number* data, size_t n, int to, int tag) {
    if (n == 0) return;  // both sides know
    requests_.emplace_back();
    MPI_CHECK(MPI_Isend(data, int(n), Kind::type(), to, tag, comm_, &requests_.back()));
  }
  void receive(Number* data, size_t n, int from, int tag) {
    if (n == 0) return;
    requests_.emplace_back();
    MPI_CHECK(MPI_Irecv(data, int(n), Kind::type(), from, tag, comm_, &requests_.back()));
  }

  Kind kind_;
  Number* data_;
  Blocks blocks_;
  int rank_, tag_;
  MPI_Comm comm_;
  Scratch memory_;
  Number* received_;  // in it: everybody's copy of this rank's block
  std::vector<MPI_Request> requests_;
  Phase phase_ = Phase::collecting;
};

}  // namespace

std::unique_ptr<BackgroundAllreduce> begin_rank_order(float* data, size_t n, int number, MPI_Comm comm) {
  return std::make_unique<RankOrder<Floats>>(data, n, number, comm, Floats{});
}

std::unique_ptr<BackgroundAllreduce> begin_rank_order(uint16_t* data, size_t n, int number, const MessageFormat& format, MPI_Comm comm) {
  return std::make_unique<RankOrder<Words>>(data, n, number, comm, Words{format});
}
