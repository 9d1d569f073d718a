// Tests of chapter 03 on its device, and what the twin counts.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "chapters/03_fast_kernels/fast_cuda_device.h"
#include "tests/device_operations.h"

// The twin counts what the host does; on a GPU nobody does.
extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_launches, cuda_on_cpu_waits, cuda_on_cpu_graphs, cuda_on_cpu_blocks;  // of the last launch
extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_events(), cuda_on_cpu_graphs_kept();

struct FastTest : testing::Test {
  std::unique_ptr<FastCudaDevice> device;
  void SetUp() override {
    try {
      device = std::make_unique<FastCudaDevice>();
    } catch (const NoGpu& error) {
      GTEST_SKIP() << "skipped: " << error.what();
    }
  }
};
