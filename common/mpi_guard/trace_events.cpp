#include "common/mpi_guard/trace_events.h"
namespace guard {
bool tracing = false;
int64_t trace_now() { return 0; }
void trace_call(const Call&, int64_t) {}
void start_trace(MPI_Comm) {}
void write_trace() {}
}  // namespace guard
