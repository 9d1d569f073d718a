// For tests of benchmarks that train on random images: what their steps see, and barriers that take a while.
#pragma once

#include <mpi.h>

#include "chapters/01_serial/cpu_device.h"
#include "common/timer.h"

// Counts the rows that this process takes through first layers, those of images of 784 pixels.
struct DeviceThatCountsRows : CpuDevice {
  static inline int64_t rows_seen = 0;
  void linear_forward(float* y, const float* x, const float* w, const float* b, Activation activation, int rows, int in, int out) override {
    if (in == 784) rows_seen += rows;
    CpuDevice::linear_forward(y, x, w, b, activation, rows, in, out);
  }
};

// By all ranks, since it was asked last.
inline int64_t rows_seen_by_all() {
  int64_t rows = DeviceThatCountsRows::rows_seen;
  DeviceThatCountsRows::rows_seen = 0;
  MPI_Allreduce(MPI_IN_PLACE, &rows, 1, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
  return rows;
}

// A reading of the clock goes by: who begins to measure before it measures too much.
inline int barriers = 0;  // of this process, so far
inline int barrier_of_a_while(MPI_Comm comm) {
  ++barriers, clock_seconds();
  return MPI_Barrier(comm);
}
