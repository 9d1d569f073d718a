#include "chapters/04_point_to_point/device_transfer.h"

#include <dlfcn.h>

#include <climits>

#include "common/error.h"
#include "common/mpi/session.h"

namespace {

constexpr int gpu_kind_cuda = 0;  // MPIX_GPU_SUPPORT_CUDA in MPICH's mpi.h

int checked_count(size_t n) {
  if (n > INT_MAX) throw Error("a message of " + std::to_string(n) + " floats: MPI counts end at 2147483647");
  return int(n);
}

}  // namespace

void* function_of_this_program(const char* name) { return dlsym(RTLD_DEFAULT, name); }

GpuSupport mpi_gpu_support(void* (*look_up)(const char* name)) {
  using ByKind = int(int kind, int* supported);
  using ForCuda = int();
  if (const auto query = reinterpret_cast<ByKind*>(look_up("MPIX_GPU_query_support"))) {
    int yes = 0;
    MPI_CHECK(query(gpu_kind_cuda, &yes));
    return {yes != 0, std::string("MPIX_GPU_query_support says ") + (yes ? "yes" : "no")};
  }
  if (const auto query = reinterpret_cast<ForCuda*>(look_up("MPIX_Query_cuda_support"))) {
    const bool yes = query() != 0;
    return {yes, std::string("MPIX_Query_cuda_support says ") + (yes ? "yes" : "no")};
  }
  return {false, "this MPI library cannot be asked, which is taken for no"};
}

const float* readable_by_mpi(Device& device, float* p, size_t n) {
  checked_count(n);
  device.begin_copy_out(p, n);
  device.end_copy_out(p, n);  // waits: MPI must not read the view before the device has written it
  return device.host_view(p, n);
}

void send_from_device(Device& device, float* p, size_t n, int destination, int tag, MPI_Comm comm) {
  MPI_CHECK(MPI_Send(readable_by_mpi(device, p, n), int(n), MPI_FLOAT, destination, tag, comm));
}

void receive_to_device(Device& device, float* p, size_t n, int source, int tag, MPI_Comm comm) {
  const int count = checked_count(n);
  device.synchronize();  // what arrived before may still be on its way from the view
  MPI_CHECK(MPI_Recv(device.host_view(p, n), count, MPI_FLOAT, source, tag, comm, MPI_STATUS_IGNORE));
  device.begin_copy_in(p, n);
  device.end_copy_in(p, n);
}
