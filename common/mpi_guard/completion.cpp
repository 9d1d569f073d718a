// MPI_Wait and its kin. When polite: look until the real call would return at once, then make the real call.
#include <mpi.h>

#include <vector>

#include "common/mpi_guard/call.h"
#include "common/mpi_guard/requests.h"
#include "common/mpi_guard/wait.h"

using namespace guard;

namespace {

Call waiting(Op op, const void* where, int count, const MPI_Request* requests) {
  Call call;
  call.op = op;
  call.where = where;
  call.requests = requests;
  call.request_count = count;
  return call;
}

// Until every request is complete or one has gone wrong. MPI_Request_get_status changes nothing, so that
// MPI_Waitall itself sees all requests and fills statuses and errors as it always does; MPI_Testall would
// report an error differently.
void poll_all(int count, const MPI_Request* requests) {
  std::vector<bool> complete(count > 0 ? count : 0, false);
  complete_in_waitall = 0;
  for (int left = count; left > 0;) {
    for (int i = 0; i < count; i++) {
      if (complete[i]) continue;
      int done = requests[i] == MPI_REQUEST_NULL;
      if (!done && PMPI_Request_get_status(requests[i], &done, MPI_STATUS_IGNORE) != MPI_SUCCESS) return;
      if (!done) continue;
      complete[i] = true;
      if (i < 64) complete_in_waitall |= uint64_t(1) << i;
      left--;
    }
    if (left > 0) yield_core();
  }
}

}  // namespace

int MPI_Wait(MPI_Request* request, MPI_Status* status) {
  const InCall call(waiting(Op::wait, GUARD_HERE, 1, request));
  return polite ? wait_politely(request, status) : PMPI_Wait(request, status);
}

int MPI_Waitall(int count, MPI_Request requests[], MPI_Status statuses[]) {
  const InCall call(waiting(Op::waitall, GUARD_HERE, count, requests));
  if (polite) poll_all(count, requests);
  return PMPI_Waitall(count, requests, statuses);
}

int MPI_Waitany(int count, MPI_Request requests[], int* index, MPI_Status* status) {
  const InCall call(waiting(Op::waitany, GUARD_HERE, count, requests));
  if (!polite) return PMPI_Waitany(count, requests, index, status);
  for (int done = 0;; yield_core()) {
    const int error = PMPI_Testany(count, requests, index, &done, status);
    if (error != MPI_SUCCESS || done) return error;
  }
}

int MPI_Waitsome(int count, MPI_Request requests[], int* done, int indices[], MPI_Status statuses[]) {
  const InCall call(waiting(Op::waitsome, GUARD_HERE, count, requests));
  if (!polite) return PMPI_Waitsome(count, requests, done, indices, statuses);
  for (;; yield_core()) {  // `done` is MPI_UNDEFINED where no request is active
    const int error = PMPI_Testsome(count, requests, done, indices, statuses);
    if (error != MPI_SUCCESS || *done != 0) return error;
  }
}

// A program that polls is as polite as one that waits: a look that finds nothing gives the core away.

int MPI_Test(MPI_Request* request, int* done, MPI_Status* status) {
  const int error = PMPI_Test(request, done, status);
  if (polite && error == MPI_SUCCESS && !*done) yield_core();
  return error;
}

int MPI_Testall(int count, MPI_Request requests[], int* done, MPI_Status statuses[]) {
  const int error = PMPI_Testall(count, requests, done, statuses);
  if (polite && error == MPI_SUCCESS && !*done) yield_core();
  return error;
}

int MPI_Testany(int count, MPI_Request requests[], int* index, int* done, MPI_Status* status) {
  const int error = PMPI_Testany(count, requests, index, done, status);
  if (polite && error == MPI_SUCCESS && !*done) yield_core();
  return error;
}

int MPI_Testsome(int count, MPI_Request requests[], int* done, int indices[], MPI_Status statuses[]) {
  const int error = PMPI_Testsome(count, requests, done, indices, statuses);
  if (polite && error == MPI_SUCCESS && *done == 0) yield_core();
  return error;
}
