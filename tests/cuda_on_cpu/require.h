// For the little programs beside this file: OK(call) and REQUIRE(condition) say what failed and end the program;
// second_process() is fork() with an end.
#pragma once
#include <cuda_runtime.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#define OK(call)                                                                               \
  do {                                                                                         \
    cudaError_t error_ = (call);                                                               \
    if (error_ != cudaSuccess) {                                                               \
      std::printf("%s:%d: %s: %s\n", __FILE__, __LINE__, #call, cudaGetErrorString(error_));   \
      std::exit(1);                                                                            \
    }                                                                                          \
  } while (0)

#define REQUIRE(condition)                                                                     \
  do {                                                                                         \
    if (!(condition)) {                                                                        \
      std::printf("%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                    \
      std::exit(1);                                                                            \
    }                                                                                          \
  } while (0)

// As fork() does. The new process ends after a minute, whatever it waits for: of one that has failed nobody hears.
inline pid_t second_process() {
  const pid_t process = fork();
  if (process == 0) alarm(60);
  return process;
}
