// CUDA_CHECK(call): no CUDA call goes unchecked.
//
// A CUDA function says by its result whether it worked, and a kernel says nothing at all: a launch that could not start
// is found by cudaGetLastError(), a fault inside a kernel by some later call. So every call stands in this macro, and
//
//   CUDA_CHECK(cudaGetLastError());
//
// follows every launch. Without these lines a program with a wrong grid runs to its end and prints nonsense.
#pragma once

#include <cuda_runtime.h>

#include <cstdio>

#include "common/end_program.h"

inline void check_cuda(cudaError_t error, const char* call, const char* file, int line) {
  if (error == cudaSuccess) return;
  std::fflush(stdout);
  std::fprintf(stderr, "%s:%d: %s: %s (%s)\n", file, line, call, cudaGetErrorString(error),
               cudaGetErrorName(error));
  end_program(1);
}

#define CUDA_CHECK(call) check_cuda((call), #call, __FILE__, __LINE__)
