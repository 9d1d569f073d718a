// CUDA's runtime and device functions for a CPU. The same name as NVIDIA's header, so that a .cu file needs no change;
// found first because of -I common/cuda_on_cpu/include. A program may ask `#ifdef CUDA_ON_CPU`.
#pragma once

#define CUDA_ON_CPU 1

// NVIDIA's header includes these, too, and many programs use them without a word.
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <new>
#include <utility>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __launch_bounds__(...)
#define __grid_constant__

#ifdef __clang__
#define CUDA_ON_CPU_UNROLL(pragma) _Pragma(pragma)
#else
#define CUDA_ON_CPU_UNROLL(pragma)
#endif

// cu2cpp puts these at the variables behind __device__ and __constant__: one section each, so that the runtime knows
// which addresses are device memory.
#define CUDA_ON_CPU_DEVICE_VARIABLE __attribute__((section("cuda_on_cpu_device")))
#define CUDA_ON_CPU_CONSTANT_VARIABLE __attribute__((section("cuda_on_cpu_constant")))

#include "cuda_on_cpu/atomics.h"
#include "cuda_on_cpu/launch.h"
#include "cuda_on_cpu/math.h"
#include "cuda_on_cpu/runtime_api.h"
#include "cuda_on_cpu/threads.h"
#include "cuda_on_cpu/vector_types.h"

#include "cuda_on_cpu/missing.h"  // last: it makes some of CUDA's words an error
