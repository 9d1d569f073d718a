// The names of a stream and of an event, for headers that are also read by a plain C++ compiler.
// <cuda_runtime.h> declares the same.
#pragma once

typedef struct CUstream_st* cudaStream_t;
typedef struct CUevent_st* cudaEvent_t;
