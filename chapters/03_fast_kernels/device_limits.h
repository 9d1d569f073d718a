// What the device could do at best, from its attributes: the yardstick for a benchmark.
#pragma once

#include <string>

#include "chapters/02_cuda/stream.h"

struct DeviceLimits {
  std::string name;
  bool is_gpu = false;  // false: the kernels run on the CPU, and the numbers below are 0
  int multiprocessors = 0;
  double gflops = 0;  // float multiply-adds of the ordinary cores, two operations each, in 10^9 per second
  double gbytes = 0;  // memory bandwidth, 10^9 bytes per second
};

// Float multiply-add units of a multiprocessor. Source: CUDA C++ Programming Guide, table of arithmetic throughput.
constexpr int float_units(int major, int minor) { return major == 7 || (major == 8 && minor == 0) ? 64 : 128; }
// Two operations a multiply-add; two transfers a cycle of the memory. Clocks as CUDA gives them, the bus in bits.
constexpr double peak_gflops(int multiprocessors, int units, double kilohertz) { return 2e-6 * multiprocessors * units * kilohertz; }
constexpr double peak_gbytes(double memory_kilohertz, int bus_bits) { return 2e-6 * memory_kilohertz * bus_bits / 8; }

// Of the current device.
DeviceLimits device_limits();

// Keeps every multiprocessor busy with multiply-adds in registers for `turns` turns, so that a clock around it tells the true peak.
// Returns the number of operations, two a multiply-add.  nothing (1) is not written.
double queue_multiply_adds(float* nothing, int turns, cudaStream_t stream);
