// A driver with four GPUs that obeys CUDA_VISIBLE_DEVICES, and writes addresses as the true one does, for a process where there is none.
#pragma once

#include "tests/false_library.h"

inline const char* const false_driver = R"(
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static const char* visible(void) { const char* list = getenv("CUDA_VISIBLE_DEVICES"); return list ? list : "0,1,2,3"; }
int cuInit(unsigned flags) { return flags != 0 || getenv("NO_INIT") != 0; }
int cuDeviceGetCount(int* count) { *count = (int)(strlen(visible()) + 1) / 2; return getenv("NO_COUNT") != 0; }
int cuDeviceGetPCIBusId(char* text, int room, int gpu) {
  if (visible()[2 * gpu] == '0') return 1;
  snprintf(text, (size_t)room, "0000:C%c:00.0", visible()[2 * gpu]);
  return 0;
}
)";

inline void* load_false_driver() { return load_false_library(false_driver, "libcuda.so.1"); }
