#include "chapters/02_cuda/make_device.h"

#include "chapters/02_cuda/cuda_device.h"

std::unique_ptr<Device> make_device(const std::string& name, int local_rank) {
  return name == "cuda" ? make_cuda_device(local_rank) : make_cpu_device();
}
