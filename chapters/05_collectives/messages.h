// Point-to-point messages of floats: all that the collectives of this chapter use of MPI.
//
// The counts of MPI-3.1 are int, vectors are not: a vector longer than the largest message travels as several messages.
// (MPI-4 has calls with long counts, MPI_Send_c and its like; not every cluster has MPI-4.) Both sides know the length,
// so both cut it alike, and an empty vector is no message at all.
//
// The messages use the caller's communicator and `collective_tag`; two messages between the same ranks arrive in the
// order in which they were sent, so one tag is enough. A program that sends messages of its own while a collective runs
// must use another tag, and must not receive with MPI_ANY_TAG. A library cannot ask that of programs that it does not
// know: it makes a copy of the communicator with MPI_Comm_dup, once, and sends on the copy, whose messages nobody else
// can receive.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <vector>

#include "common/mpi/session.h"

inline constexpr int collective_tag = 5005;

// Sends data (n) to rank `to`; returns when data may be changed.
void send_floats(const float* data, size_t n, int to, MPI_Comm comm);

// Receives data (n) from rank `from`.
void receive_floats(float* data, size_t n, int from, MPI_Comm comm);

// Sends out (n_out) to rank `to` and receives in (n_in) from rank `from` at the same time. Sending first and then
// receiving would deadlock where every rank does it and the messages are too long for MPI to buffer.
void exchange_floats(const float* out, size_t n_out, int to, float* in, size_t n_in, int from, MPI_Comm comm);

// Messages under way. The memory of each must stay untouched until wait(); the destructor waits as well.
class Pending {
 public:
  Pending() = default;
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;
  ~Pending() { wait(); }
  void send(const float* data, size_t n, int to, MPI_Comm comm, int tag = collective_tag);
  void receive(float* data, size_t n, int from, MPI_Comm comm, int tag = collective_tag);
  void wait();
  bool progress();  // what is under way moves on, as far as it can without waiting; true: nothing is left

 private:
  std::vector<MPI_Request> requests_;
};

// The longest message in floats; 2^28 (1 GiB) at first, so that counts and bytes stay below INT_MAX.
// Sets it (the same on all ranks, at least 1) and returns the old value: tests set it low to see vectors cut.
size_t set_max_message(size_t floats);

// What this rank has sent so far through the functions above: the tests hold it against the cost formulas.
struct Traffic {
  size_t messages = 0;
  size_t floats = 0;
};
Traffic traffic();

// One call of the functions above: floats sent to rank `to`, floats received from rank `from`; -1 for neither.
struct Call {
  int to = -1;
  size_t sent = 0;
  int from = -1;
  size_t received = 0;
};

// Appends this rank's calls to *log from now on; nullptr ends that. For steps.cpp, which shows them.
void log_calls(std::vector<Call>* log);
