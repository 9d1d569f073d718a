// A rank that fails above objects whose destructors wait: for a collective, for a request.
// Arguments: the object; what happens: nothing, "fails", "caught", "returns", "ends" (by end_program).
#include <string>

#include "common/end_program.h"
#include "common/error.h"
#include "common/mpi/session.h"

namespace {

struct Window {
  int* memory;
  MPI_Win window;
  Window() {
    MPI_CHECK(MPI_Win_allocate_shared(sizeof(int), 1, MPI_INFO_NULL, MPI_COMM_WORLD, &memory, &window));
  }
  ~Window() { MPI_CHECK(MPI_Win_free(&window)); }
};

struct Request {  // a message that nobody sends
  int room = 0;
  MPI_Request request;
  Request() { MPI_CHECK(MPI_Irecv(&room, 1, MPI_INT, rank_of(MPI_COMM_WORLD), 5, MPI_COMM_WORLD, &request)); }
  ~Request() { MPI_CHECK(MPI_Wait(&request, MPI_STATUS_IGNORE)); }
};

struct Collective {
  ~Collective() { MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD)); }
  int sum = 1;
};

struct TryAgain : Error {
  using Error::Error;
  int status() const override { return 75; }
};

void fail(const std::string& kind) {
  if (kind == "status") throw TryAgain("weights.bin: cannot be read");
  if (kind == "window") throw Error("weights.bin: cannot be read");
  const Collective collective;
  if (kind == "collective") throw Error("weights.bin: cannot be read");
  const Request request;
  throw Error("weights.bin: cannot be read");
}

int body(MpiSession&, int argc, char** argv) {
  const std::string kind = argv[1], what = argc > 2 ? argv[2] : "";
  const Window window;
  if (what == "fails") fail(kind);
  if (what == "ends") end_program(76);
  if (what == "caught") {  // on all ranks
    try {
      fail(kind);
    } catch (const Error&) {
    }
  }
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));  // which the failed rank does not reach
  return what == "returns" ? 7 : 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, body); }
