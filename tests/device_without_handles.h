// A device of which one rank's memory does not begin an allocation, and so has no handle, for a while; or only what comes after its first
// memory for an exchange.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "chapters/02_cuda/cuda_device.h"
#include "common/mpi/session.h"
#include "tests/known_clock.h"
#include "tests/mpi_expect.h"

struct DeviceWithoutHandles : CudaDevice {
  explicit DeviceWithoutHandles(bool here, bool but_the_first = false) : gap(here ? 256 : 0), but_the_first(but_the_first) {}
  void* allocate_bytes(size_t bytes) override {
    const size_t before = but_the_first && memory(Purpose::exchange).live == 0 ? 0 : gap;
    char* p = static_cast<char*>(CudaDevice::allocate_bytes(bytes + before)) + before;
    gaps[p] = before;
    return p;
  }
  void free_bytes(void* p) override { CudaDevice::free_bytes(static_cast<char*>(p) - gaps[p]); }
  size_t gap;
  bool but_the_first;
  std::map<void*, size_t> gaps;
};

// What open() prints: one line on rank 0, and nothing on the others: who could not be opened, why, and where it goes instead.
template <class Open>
void expect_told_why(Open open, const std::string& who, const std::string& what, bool by_mpi) {
  const std::string printed = printed_by(open);
  if (!on_one_host()) return;  // then for another reason
  const std::string why = who + ": the GPUs of these ranks cannot reach each other: ";
  const std::string end = ": " + what + (by_mpi ? ", by MPI from the GPU's memory\n" : " through host memory\n");
  const bool told = printed.size() > why.size() + end.size() && printed.starts_with(why) && printed.ends_with(end) && printed.find('\n') == printed.size() - 1;
  EXPECT_ON_ALL_RANKS(rank_of(MPI_COMM_WORLD) == 0 ? told : printed.empty()) << printed;
}
