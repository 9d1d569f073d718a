#include "chapters/05_collectives/shared_window.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "chapters/05_collectives/add.h"
#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/messages.h"
#include "common/error.h"
#include "common/mpi/session.h"

namespace {

std::vector<SharedWindow*> open_windows;

// a (n) and b (n) both become a + b: two ranks need no third place for the sum.
void add_into_both(float* __restrict a, float* __restrict b, size_t n) {
  for (size_t i = 0; i < n; ++i) a[i] = b[i] = a[i] + b[i];
}

}  // namespace

void require_one_node(MPI_Comm comm, const std::string& what) {
  MPI_Comm node;
  MPI_CHECK(MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
  int apart = ranks_of(node) != ranks_of(comm);
  MPI_CHECK(MPI_Comm_free(&node));
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &apart, 1, MPI_INT, MPI_MAX, comm));
  if (apart) throw Error(what + ": the ranks of this communicator do not share memory (several nodes?)");
}

// One segment, the whole of rank 0's, holds everybody's operands one after the other. Each begins on a page of its
// own, so that two ranks never write to the same cache line and the system can place each page near its rank.
SharedWindow::SharedWindow(MPI_Comm comm, size_t n)
    : comm_(comm), n_(n), rank_(rank_of(comm)), ranks_(ranks_of(comm)) {
  require_one_node(comm, "shared window");
  constexpr size_t page = 4096 / sizeof(float);
  stride_ = (n + page - 1) / page * page + page;
  float* own;
  const size_t bytes = rank_ == 0 ? stride_ * ranks_ * sizeof(float) : 0;
  MPI_CHECK(MPI_Win_allocate_shared(static_cast<MPI_Aint>(bytes), sizeof(float), MPI_INFO_NULL, comm, &own,
                                    &window_));
  MPI_CHECK(MPI_Win_set_errhandler(window_, MPI_ERRORS_RETURN));  // a window does not take its communicator's
  MPI_Aint rank_0_bytes;
  int unit;
  MPI_CHECK(MPI_Win_shared_query(window_, 0, &rank_0_bytes, &unit, &first_));
  MPI_CHECK(MPI_Win_lock_all(MPI_MODE_NOCHECK, window_));  // one epoch for the window's whole life
  std::fill_n(mine(), n, 0.0f);                            // the first touch: these pages are this rank's
  barrier();
  open_windows.push_back(this);
}

SharedWindow::~SharedWindow() {
  std::erase(open_windows, this);
  MPI_CHECK(MPI_Win_unlock_all(window_));
  MPI_CHECK(MPI_Win_free(&window_));
}

float* SharedWindow::of(int rank) const { return first_ + stride_ * rank; }

// The barrier orders the ranks in time, MPI_Win_sync their memory: what was written before one rank's call is visible
// after the other's (MPI-3.1, section 11.7).
void SharedWindow::barrier() {
  MPI_CHECK(MPI_Win_sync(window_));
  barrier_dissemination(comm_);
  MPI_CHECK(MPI_Win_sync(window_));
}

void SharedWindow::allreduce(size_t begin, size_t count) {
  const Blocks blocks{count, ranks_};
  barrier();  // all operands are there
  const size_t first = begin + blocks.begin(rank_), size = blocks.size(rank_);
  if (ranks_ == 2)
    add_into_both(of(0) + first, of(1) + first, size);
  else
    add_into_all(first, size);
  barrier();  // all sums are there
}

void SharedWindow::add_into_all(size_t first, size_t size) {
  constexpr size_t piece = 2048;
  float sum[piece];
  for (size_t at = first; at < first + size; at += piece) {
    const size_t length = std::min(piece, first + size - at);
    add_in_rank_order(
        sum, [&](int rank) { return of(rank) + at; }, length, ranks_);
    for (int rank = 0; rank < ranks_; ++rank) std::copy_n(sum, length, of(rank) + at);
  }
}

void allreduce_shared_window(float* result, const float* data, size_t n, MPI_Comm comm) {
  const std::less_equal<const float*> not_after;
  for (SharedWindow* window : open_windows) {
    const bool inside =
        not_after(window->mine(), result) && not_after(result + n, window->mine() + window->size());
    if (inside && result == data && window->belongs_to(comm))
      return window->allreduce(result - window->mine(), n);
  }
  throw Error(
      "allreduce shared-window: the vector must lie in a SharedWindow of this communicator, in place");
}
