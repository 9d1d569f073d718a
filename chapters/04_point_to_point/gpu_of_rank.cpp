#include "chapters/04_point_to_point/gpu_of_rank.h"

#include <dlfcn.h>

int visible_gpus() {
  // cuInit(flags) and cuDeviceGetCount(&count) of the CUDA driver API; both return 0 on success.
  void* driver = dlopen("libcuda.so.1", RTLD_LAZY);
  if (!driver) return 0;
  const auto init = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
  const auto get_count = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDeviceGetCount"));
  int count = 0;
  if (!init || !get_count || init(0) != 0 || get_count(&count) != 0) return 0;
  return count;
}
