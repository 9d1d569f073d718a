// Errors of calls that wait politely: the class, the function and the error handler are those of the call in the program,
// not those of the nonblocking twin and the MPI_Test that stand in for it.
#pragma once

#include <mpi.h>

#include "common/mpi_guard/wait.h"

namespace guard {

// While it lives, errors on the communicator are returned, whatever its error handler; those of requests, too, which some
// MPICHs raise on MPI_COMM_WORLD. MPI_COMM_NULL: MPI_COMM_WORLD alone.
class QuietErrors {
 public:
  explicit QuietErrors(MPI_Comm comm);
  ~QuietErrors();
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;

 private:
  MPI_Comm comms_[2];
  MPI_Errhandler before_[2];
};

// Gives `error`, which the twin has met, to the error handler of `comm` as an error of the function `name`. Returns it.
int raise_as(const char* name, int error, MPI_Comm comm);

constexpr int refused = -1;  // no error code

// A blocking call.  attempt(): does the same politely; returns its error, or `refused` if MPI took exception to an argument:
// then nothing was begun, and the call itself says what is wrong with it.
template <class Blocking, class Attempt>
int attempt_politely(const char* name, MPI_Comm comm, Blocking blocking, Attempt attempt) {
  if (!polite) return blocking();
  int error;
  {
    const QuietErrors quiet(comm);
    error = attempt();
  }
  if (error == refused) return blocking();
  return error == MPI_SUCCESS ? error : raise_as(name, error, comm);
}

// A blocking call that is its nonblocking twin, begin(&request), and a polite wait.
template <class Blocking, class Begin>
int wait_instead(const char* name, MPI_Comm comm, MPI_Status* status, Blocking blocking, Begin begin) {
  return attempt_politely(name, comm, blocking, [&] {
    MPI_Request request;
    return begin(&request) == MPI_SUCCESS ? wait_politely(&request, status) : refused;
  });
}

// POLITELY(Bcast, Ibcast, comm, the arguments): the twin takes a request behind the same arguments.
#define POLITELY(call, twin, comm, ...)                                            \
  wait_instead(                                                                    \
      "MPI_" #call, comm, MPI_STATUS_IGNORE, [&] { return PMPI_##call(__VA_ARGS__); }, \
      [&](MPI_Request* request) { return PMPI_##twin(__VA_ARGS__, request); })

}  // namespace guard
