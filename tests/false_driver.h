// A driver with four GPUs that obeys CUDA_VISIBLE_DEVICES, and writes addresses as the true one does, for a process where there is none.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/program.h"

inline const char* const false_driver = R"(
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static const char* visible(void) { const char* list = getenv("CUDA_VISIBLE_DEVICES"); return list ? list : "0,1,2,3"; }
int cuInit(unsigned flags) { return flags != 0; }
int cuDeviceGetCount(int* count) { *count = (int)(strlen(visible()) + 1) / 2; return 0; }
int cuDeviceGetPCIBusId(char* text, int room, int gpu) {
  if (visible()[2 * gpu] == '0') return 1;
  snprintf(text, (size_t)room, "0000:C%c:00.0", visible()[2 * gpu]);
  return 0;
}
)";

// The loader takes a library that is there already for the one of that name.
inline void* load_false_driver() {
  const std::string name = testing::TempDir() + "false_driver_" + std::to_string(getpid());
  std::ofstream(name + ".c") << false_driver;
  const ProgramRun made = run_program("cc -shared -fPIC -Wl,-soname,libcuda.so.1 -o " + name + ".so " + name + ".c");
  EXPECT_EQ(made.status, 0) << made.output;
  void* const library = dlopen((name + ".so").c_str(), RTLD_NOW | RTLD_LOCAL);
  for (const char* ending : {".c", ".so"}) std::filesystem::remove(name + ending);
  return library;
}
