// One epoch of the whole network, 784-512-256-10 on all of MNIST, with chapter 03's kernels: as good as on the CPU device.
// About 15 s where kernels run on the CPU.
#include <gtest/gtest.h>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/03_fast_kernels/fast_cuda_device.h"
#include "tests/training_runs.h"

namespace {

TEST(FastKernels, OneEpochReachesTheAccuracyOfTheCpu) {
  const Dataset train = read_mnist_train("build/data"), test = read_mnist_test("build/data", train);
  const training_runs::Run run{.sizes = {784, 512, 256, 10}, .batch = 128, .steps = 469};
  std::unique_ptr<FastCudaDevice> device;
  try {
    device = std::make_unique<FastCudaDevice>();
  } catch (const NoGpu& error) {
    GTEST_SKIP() << "skipped: " << error.what();
  }
  CpuDevice cpu;
  const training_runs::Result expected = training_runs::train(cpu, run, train, &test);
  const training_runs::Result actual = training_runs::train(*device, run, train, &test);
  std::cout << "accuracy " << actual.accuracy << ", on the CPU device " << expected.accuracy << "; "
            << training_runs::distance(actual, expected) << "\n";
  EXPECT_GT(expected.accuracy, 0.9);
  // Rounding moves a few images from one side of a border to the other: a few of 10,000.
  EXPECT_NEAR(actual.accuracy, expected.accuracy, 0.001);
}

}  // namespace
