// An allreduce without messages: the ranks of one node put their operands into memory that all of them can read.
//
// MPI gives such memory by a window (MPI-3.1, section 11.2.3): one segment a rank, mapped into every process of the
// node. The operands must live in it from the start. Copying them in first would cost what a message costs.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <string>

class SharedWindow {
 public:
  // n floats for each rank of comm, zero at first. Collective over comm, whose ranks must share memory: otherwise
  // every rank gets an Error. The window must be destroyed, on all ranks, before comm and before MPI_Finalize.
  SharedWindow(MPI_Comm comm, size_t n);
  ~SharedWindow();
  SharedWindow(const SharedWindow&) = delete;
  SharedWindow& operator=(const SharedWindow&) = delete;

  float* mine() const { return of(rank_); }
  // Rank `rank`'s segment (n), readable and writable from here.
  float* of(int rank) const;
  size_t size() const { return n_; }
  bool belongs_to(MPI_Comm comm) const { return comm == comm_; }

  // In every segment, elements [begin, begin + count) = their sum over the ranks. Collective, in place.
  // Order: ((x0 + x1) + x2) + ..., the same for all elements.
  // 2 barriers + count/p (p beta' + (p-1) gamma + p beta'), beta' being one float read from or written to another
  // core's cache: each rank adds 1/p of the elements and writes the sum into all p segments.
  void allreduce(size_t begin, size_t count);

 private:
  void barrier();
  void add_into_all(size_t first, size_t size);

  MPI_Comm comm_;
  MPI_Win window_;
  size_t n_, stride_;
  int rank_, ranks_;
  float* first_;  // rank 0's segment, as this process sees it
};

// The same for the table of names: result must be data and lie in mine() of a SharedWindow of this comm (Error
// otherwise); all ranks give the same place in it.
void allreduce_shared_window(float* result, const float* data, size_t n, MPI_Comm comm);

// Throws Error, on all ranks, where the ranks of comm are on several nodes. what: that needs them on one. Collective.
void require_one_node(MPI_Comm comm, const std::string& what);
