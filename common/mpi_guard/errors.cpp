// See errors.h. An error code of MPI is the number of a text that MPI keeps. That text names MPI_Test: so the guard remembers
// which code stands for which call, and says so when it is asked for the class or the text of that code.
#include "common/mpi_guard/errors.h"

#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>

namespace guard {
namespace {

struct Renamed {
  int error, kind;
  const char* name;
};
constexpr int remembered = 64;
std::mutex mutex;
Renamed renamed[remembered];
unsigned renamed_count = 0;

// The newest first: MPI uses its codes again after a while.
Renamed find(int error) {
  const std::lock_guard lock(mutex);
  for (unsigned i = 0; i < remembered; i++) {
    const Renamed& one = renamed[(renamed_count - 1 - i) % remembered];
    if (one.name && one.error == error) return one;
  }
  return {};
}

std::string text_of(int error) {
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  PMPI_Error_string(error, text, &length);
  return text;
}

int class_of(int error) {
  int kind = MPI_ERR_UNKNOWN;
  PMPI_Error_class(error, &kind);
  return kind;
}

// MPICH's nonblocking collectives forget the class of what went wrong and blame the communicator. That one was good when the
// call began; what goes wrong afterwards is a message that is longer than the receive it meets.
bool class_is_lost(int error) {
  return class_of(error) == MPI_ERR_OTHER && text_of(error).find("Invalid communicator") != std::string::npos;
}

std::string renamed_text(const Renamed& call) {
  std::string text = text_of(call.error);
  if (class_of(call.error) != call.kind)
    return text_of(call.kind) + ", error stack:\n" + call.name + "(...) failed: the ranks gave different sizes";
  const size_t begin = text.find("MPI_Test("), end = text.find(')', begin);
  return end == std::string::npos ? text : text.replace(begin, end - begin, call.name + std::string("(..."));
}

}  // namespace

QuietErrors::QuietErrors(MPI_Comm comm) : comms_{MPI_COMM_WORLD, comm}, before_{MPI_ERRORS_RETURN, MPI_ERRORS_RETURN} {
  for (int i = 0; i < 2; i++) {
    if (comms_[i] == MPI_COMM_NULL || (i == 1 && comm == MPI_COMM_WORLD)) continue;
    if (PMPI_Comm_get_errhandler(comms_[i], &before_[i]) != MPI_SUCCESS) before_[i] = MPI_ERRORS_RETURN;
    if (before_[i] != MPI_ERRORS_RETURN) PMPI_Comm_set_errhandler(comms_[i], MPI_ERRORS_RETURN);
  }
}

QuietErrors::~QuietErrors() {
  for (int i = 1; i >= 0; i--) {
    if (before_[i] == MPI_ERRORS_RETURN) continue;
    PMPI_Comm_set_errhandler(comms_[i], before_[i]);
    if (before_[i] != MPI_ERRORS_ARE_FATAL) PMPI_Errhandler_free(&before_[i]);
  }
}

int raise_as(const char* name, int error, MPI_Comm comm) {
  const int kind = class_is_lost(error) ? MPI_ERR_TRUNCATE : class_of(error);
  if (error != kind) {  // a library whose codes are its classes has no texts of its own to rename
    const std::lock_guard lock(mutex);
    renamed[renamed_count++ % remembered] = {error, kind, name};
  }
  MPI_Errhandler handler;
  PMPI_Comm_get_errhandler(comm, &handler);
  if (handler == MPI_ERRORS_ARE_FATAL) {
    char text[MPI_MAX_ERROR_STRING];
    int length = 0;
    MPI_Error_string(error, text, &length);
    std::fprintf(stderr, "Fatal error in %s: %s\n", name, text);
    MPI_Abort(comm, kind);
  }
  PMPI_Comm_call_errhandler(comm, error);
  if (handler != MPI_ERRORS_RETURN) PMPI_Errhandler_free(&handler);
  return error;
}

}  // namespace guard

int MPI_Error_class(int error, int* kind) {
  const guard::Renamed call = guard::find(error);
  if (!call.name) return PMPI_Error_class(error, kind);
  *kind = call.kind;
  return MPI_SUCCESS;
}

int MPI_Error_string(int error, char* text, int* length) {
  const guard::Renamed call = guard::find(error);
  if (!call.name) return PMPI_Error_string(error, text, length);
  const std::string whole = guard::renamed_text(call).substr(0, MPI_MAX_ERROR_STRING - 1);
  std::memcpy(text, whole.c_str(), whole.size() + 1);
  *length = int(whole.size());
  return MPI_SUCCESS;
}
