#include "chapters/02_cuda/make_device.h"

#include "chapters/02_cuda/cuda_device.h"

std::unique_ptr<Device> plain::make_device(const std::string& name) {
  if (name == "cuda") return std::make_unique<CudaDevice>();
  return make_cpu_device();
}
