// For the little programs beside this file: OK(call) and REQUIRE(condition) say what failed and end the program.
#pragma once
#include <cuda_runtime.h>

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
