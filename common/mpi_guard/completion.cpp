// MPI_Wait and its kin. When polite: look until the real call would return at once, then make the real call.
#include <mpi.h>

#include <algorithm>
#include <vector>

#include "common/mpi_guard/call.h"
#include "common/mpi_guard/errors.h"
#include "common/mpi_guard/leftovers.h"
#include "common/mpi_guard/requests.h"

using namespace guard;

namespace {

Call waiting(Op op, const void* where, int count, const MPI_Request* requests) {
  return {.op = op, .where = where, .requests = requests, .request_count = count};
}

// Until all active requests are complete, or any of them, or one has gone wrong. MPI_Request_get_status changes nothing, so
// that the real call sees all requests and fills statuses and errors as it always does; MPI_Test and its kin would report
// an error differently. A persistent request that was not started counts as complete: then the real call may have to wait.
enum class Until { any, all };
void poll(int count, const MPI_Request* requests, Until until) {
  if (!requests) return;  // MPI says so
  const QuietErrors quiet(MPI_COMM_NULL);
  std::vector<bool> complete(count > 0 ? count : 0, false);
  complete_in_waitall = 0;
  int left = 0;
  for (int i = 0; i < count; i++) left += !(complete[i] = requests[i] == MPI_REQUEST_NULL);
  if (until == Until::any) left = std::min(left, 1);
  while (left > 0) {
    for (int i = 0; i < count; i++) {
      if (complete[i]) continue;
      int done = 0;
      if (PMPI_Request_get_status(requests[i], &done, MPI_STATUS_IGNORE) != MPI_SUCCESS) return;
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
  const Completing completing(1, request);
  const InCall call(waiting(Op::wait, GUARD_HERE, 1, request));
  if (polite) poll(1, request, Until::all);
  return PMPI_Wait(request, status);
}

int MPI_Waitall(int count, MPI_Request requests[], MPI_Status statuses[]) {
  const Completing completing(count, requests);
  const InCall call(waiting(Op::waitall, GUARD_HERE, count, requests));
  if (polite) poll(count, requests, Until::all);
  return PMPI_Waitall(count, requests, statuses);
}

int MPI_Waitany(int count, MPI_Request requests[], int* index, MPI_Status* status) {
  const Completing completing(count, requests);
  const InCall call(waiting(Op::waitany, GUARD_HERE, count, requests));
  if (polite) poll(count, requests, Until::any);
  const YieldByTimer timer(polite);
  return PMPI_Waitany(count, requests, index, status);
}

int MPI_Waitsome(int count, MPI_Request requests[], int* done, int indices[], MPI_Status statuses[]) {
  const Completing completing(count, requests);
  const InCall call(waiting(Op::waitsome, GUARD_HERE, count, requests));
  if (polite) poll(count, requests, Until::any);
  const YieldByTimer timer(polite);
  return PMPI_Waitsome(count, requests, done, indices, statuses);
}

int MPI_Test(MPI_Request* request, int* done, MPI_Status* status) {
  const Completing completing(1, request);
  return looked(PMPI_Test(request, done, status), done);
}

int MPI_Testall(int count, MPI_Request requests[], int* done, MPI_Status statuses[]) {
  const Completing completing(count, requests);
  return looked(PMPI_Testall(count, requests, done, statuses), done);
}

int MPI_Testany(int count, MPI_Request requests[], int* index, int* done, MPI_Status* status) {
  const Completing completing(count, requests);
  return looked(PMPI_Testany(count, requests, index, done, status), done);
}

int MPI_Testsome(int count, MPI_Request requests[], int* done, int indices[], MPI_Status statuses[]) {
  const Completing completing(count, requests);
  return looked(PMPI_Testsome(count, requests, done, indices, statuses), done);
}
