// What the device could do at best, from its attributes: the yardstick for a benchmark.
#pragma once

#include <string>

struct DeviceLimits {
  std::string name;
  bool is_gpu = false;  // false: the kernels run on the CPU, and the numbers below are 0
  int multiprocessors = 0;
  double gflops = 0;  // float multiply-adds of the ordinary cores, two operations each, in 10^9 per second
  double gbytes = 0;  // memory bandwidth, 10^9 bytes per second
};

// Of the current device.
DeviceLimits device_limits();
