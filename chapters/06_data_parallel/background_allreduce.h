// An allreduce that goes on while the rank computes, a piece of the gradients at a time.
//
// MPI has no thread of its own here. A message that was begun with MPI_Isend moves on only while somebody is inside an
// MPI call: a long one waits for the receiver's answer, and the answer waits to be looked at. So whoever computes in the
// meantime must call progress() now and then, or the whole exchange happens in wait() at the end.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <memory>
#include <string>

#include "chapters/01_serial/message_format.h"

class BackgroundAllreduce {
 public:
  virtual ~BackgroundAllreduce() = default;
  // Takes the steps that are possible without waiting. True once the sum is there.
  virtual bool progress() = 0;
  virtual void wait() = 0;
};

// Whether this name of chapter 05's table can run in the background, and the names that can.
bool runs_in_background(const std::string& allreduce);
std::string background_names();

// Begins data (n) = sum over ranks of data (n), in place; data must not be touched until progress() returned true or
// wait() returned. The bits are those of the blocking function of that name. Collective; several may be under way at a
// time, with different numbers (0 to 10000), begun in the same order on all ranks.
// comm must carry no other messages.  Throws Error if n does not fit into MPI's counts.
std::unique_ptr<BackgroundAllreduce> begin_allreduce(const std::string& allreduce, float* data, size_t n, int number,
                                                     MPI_Comm comm);
// The one named rank-order; n fits.
std::unique_ptr<BackgroundAllreduce> begin_rank_order(float* data, size_t n, int number, MPI_Comm comm);
// For chapter 11, skip it now: the same of numbers of 16 bits. They are added as floats, and only the sum is rounded.
std::unique_ptr<BackgroundAllreduce> begin_rank_order(uint16_t* data, size_t n, int number, const MessageFormat& format, MPI_Comm comm);
