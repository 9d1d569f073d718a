// Chapter 02: the CUDA device computes what the CPU device computes.
// orders: ascending descending shuffled
#include <gtest/gtest.h>

#include <functional>

#include "chapters/02_cuda/cuda_device.h"
#include "chapters/02_cuda/gpu_clock.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/02_cuda/make_device.h"
#include "common/timer.h"
#include "tests/device_operations.h"
#include "tests/training_runs.h"

extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_waits;  // of common/cuda_on_cpu

namespace {

using namespace device_operations;

struct CudaTest : testing::Test {
  std::unique_ptr<Device> device;
  void SetUp() override {
    try {
      device = std::make_unique<CudaDevice>();
    } catch (const NoGpu& error) {
      GTEST_SKIP() << "skipped: " << error.what();
    }
  }
};

const int block_edges[] = {8, 32};  // of the product's thread block: rows and columns

TEST_F(CudaTest, ProductsOfIntegersAreExactAtEverySize) {
  for (int edge : block_edges) expect_exact_products(*device, edge);
}
TEST_F(CudaTest, ProductsAreWithinRounding) {
  for (int edge : block_edges) expect_close_products(*device, edge);
}
TEST_F(CudaTest, ElementsDoNotDependOnTheirNeighbours) {
  for (int edge : block_edges) expect_contract(*device, edge);
}
TEST_F(CudaTest, BiasActivationAndColumnSums) { expect_bias_and_activation(*device); }
TEST_F(CudaTest, ReluMask) { expect_relu_mask(*device); }
TEST_F(CudaTest, Softmax) { expect_softmax(*device); }
TEST_F(CudaTest, VectorsAndOptimizers) { expect_vectors(*device); }
TEST_F(CudaTest, FillAndCopy) { expect_fill_and_copy(*device); }
TEST_F(CudaTest, ViewsAndCopiesBesideTheComputation) { expect_views(*device); }
TEST_F(CudaTest, MemoryIsCounted) { expect_memory_is_counted(*device); }

TEST_F(CudaTest, ViewsMustBelongToTheDevice) {
  float on_the_host = 0;
  EXPECT_THROW(device->host_view(&on_the_host, 1), std::logic_error);
  const Buffer<> p(*device, 4, Purpose::workspace);
  EXPECT_THROW(device->host_view(p, 5), std::logic_error);
  EXPECT_THROW(device->host_view(p + 3, 2), std::logic_error);
  EXPECT_EQ(device->host_view(p + 4, 0), device->host_view(p, 4) + 4);
  EXPECT_THROW(device->end_copy_in(p, 4), std::logic_error);
  device->begin_copy_out(p, 4);
  EXPECT_THROW(device->begin_copy_out(p, 4), std::logic_error);
  device->end_copy_out(p, 4);
}

TEST_F(CudaTest, TooMuchMemoryIsAnException) {
  EXPECT_THROW(device->allocate(size_t{1} << 55, Purpose::workspace), std::bad_alloc);
  const Copied<> still_works(*device, Floats(3, 1.0f));
  EXPECT_EQ(still_works.host(), Floats(3, 1.0f));
}

// A clock counts its stretches and not what lies between them, of which there is ten times as much; who asks it waits for nothing.
TEST_F(CudaTest, AClockCountsItsStretchesAlone) {
  const Buffer<> p(*device, size_t{1} << 16, Purpose::workspace);
  const auto work = [&](int fills) {
    for (int i = 0; i < fills; ++i) device->fill(p, float(i), p.size());
  };
  work(1), device->synchronize();
  GpuClock clock(static_cast<CudaDevice&>(*device));
  double before = 0;
  for (int stretches : {2, 1, 3}) {  // fewer than there were before, and more
    const Timer timer;
    for (int i = 0; i < stretches; ++i) {
      work(40);
      clock.begin();
      work(2), work(2);
      clock.end();
    }
    if (&cuda_on_cpu_waits) {
      const unsigned long waits = cuda_on_cpu_waits;
      EXPECT_EQ(clock.seconds(), before);
      EXPECT_EQ(cuda_on_cpu_waits, waits);
    }
    device->synchronize();
    const double whole = timer.seconds(), now = clock.seconds();
    EXPECT_GT(now - before, whole / 100);
    EXPECT_LT(now - before, 0.7 * whole);
    EXPECT_EQ(clock.seconds(), now);
    before = now;
  }
}

TEST_F(CudaTest, FiftyStepsStayWithinRounding) {
  const Dataset data = read_mnist_train("build/data");
  for (const char* optimizer : {"sgd", "momentum", "adam"})
    training_runs::expect_parity(*device, {.optimizer = optimizer}, data);
}

TEST(MakeDevice, KnowsBothNames) {
  EXPECT_EQ(plain::make_device("cpu")->name(), "cpu");
  EXPECT_EQ(device_names, (std::vector<std::string>{"cpu", "cuda"}));
}

TEST_F(CudaTest, LearnsAsMuchFromTwoThousandImagesAsTheCpu) {
  const Dataset train = read_mnist_train("build/data"), test = read_mnist_test("build/data", train);
  const training_runs::Run run{.sizes = {784, 32, 10}, .samples = 2000, .steps = 2 * 63};
  CpuDevice cpu;
  const double expected = training_runs::train(cpu, run, train, &test).accuracy;
  const double actual = training_runs::train(*device, run, train, &test).accuracy;
  EXPECT_GT(expected, 0.8);
  // Rounding moves a few images from one side of a border to the other: a few of 10,000.
  EXPECT_NEAR(actual, expected, 0.001);
}

// --- What cannot be done ---------------------------------------------------------------------------------------------------

TEST_F(CudaTest, AGpuThatIsNotThereIsNamed) {
  const int gpus = count_gpus();
  EXPECT_GE(gpus, 1);
  std::string text;
  try {
    CudaDevice none(gpus);
  } catch (const NoGpu& error) {
    text = error.what();
    EXPECT_EQ(error.status(), 77);
  }
  EXPECT_EQ(text, "GPU " + std::to_string(gpus) + ": there is no such GPU");
  EXPECT_EQ(plain::make_device("cuda")->name(), device->name());
  EXPECT_NE(device->name(), "");
}

TEST(Capability, From75OnIsEnough) {
  for (const auto& [major, minor] : {std::pair{7, 5}, {8, 0}, {8, 9}, {10, 0}, {12, 1}}) EXPECT_NO_THROW(require_capability("a", major, minor)) << major;
  for (const auto& [major, minor] : {std::pair{7, 4}, {7, 0}, {6, 9}, {5, 2}})
    try {
      require_capability("A GPU", major, minor);
      ADD_FAILURE() << major << "." << minor;
    } catch (const NoGpu& error) {
      EXPECT_EQ(error.what(), "A GPU: no GPU can be used: it is of compute capability " + std::to_string(major) + "." + std::to_string(minor) +
                                  ", and these programs are built for 7.5 and newer");
    }
}

TEST_F(CudaTest, ALaunchThatIsRefusedEndsTheProgram) {
  const Buffer<> p(*device, 4, Purpose::workspace);
  const Buffer<int> labels(*device, 4, Purpose::workspace);
  Device& d = *device;
  const size_t n = size_t{1} << 40;  // more blocks than a grid may have; -1 rows or columns likewise
  const int none = -1;
  expect_refused({
      [&] { d.fill(p, 0, n); },
      [&] { d.add(p, p, n); },
      [&] { d.scale(p, 1, n); },
      [&] { d.relu_backward(p, p, n); },
      [&] { d.sgd(p, p, 1, n); },
      [&] { d.momentum(p, p, p, 1, 1, n); },
      [&] { d.adam(p, p, p, p, 1, 1, 1, 1, 1, n); },
      [&] { d.linear_forward(p, p, p, nullptr, Activation::none, 600'000, 1, 1); },
      [&] { d.add_bias(p, p, Activation::relu, none, 1); },
      [&] { d.linear_backward_bias(p, p, Write::overwrite, 1, none); },
      [&] { d.row_max(p, p, none, 1); },
      [&] { d.row_exp_sum(p, p, p, none, 1); },
      [&] { d.softmax_finish(p, p, p, p, p, labels, 1, none, 1, 0); },
  });
}

TEST_F(CudaTest, NothingIsNoError) {
  const Buffer<> p(*device, 4, Purpose::workspace);
  const Buffer<int> labels(*device, 4, Purpose::workspace);
  device->fill(p, 5, 4);
  device->linear_forward(p, p, p, nullptr, Activation::none, 0, 1, 3);
  device->linear_forward(p, p, p, nullptr, Activation::none, 3, 1, 0);
  device->linear_backward_bias(p, p, Write::overwrite, 3, 0);
  device->add_bias(p, p, Activation::relu, 0, 3);
  device->add_bias(p, p, Activation::relu, 3, 0);
  Floats host(4);
  device->copy_out(host.data(), p.data(), 4);
  EXPECT_EQ(host, Floats(4, 5.0f));
}

TEST(Blocks, AreAsManyAsItTakes) {
  for (const auto& [n, blocks] : {std::pair<size_t, unsigned>{0, 0}, {1, 1}, {255, 1}, {256, 1}, {257, 2}, {512, 2}, {513, 3}})
    EXPECT_EQ(blocks_for(n, 256), blocks) << n;
  EXPECT_EQ(blocks_for(size_t{1} << 35, 32), 1u << 30);
}

// --- Copies in ---------------------------------------------------------------------------------------------------------------

// What is copied from may be written again at once, pinned memory, too, which the GPU reads by itself.
TEST_F(CudaTest, ACopyInIsOverWhenItReturns) {
  const size_t n = 1000;
  const Copied<> p(*device, Floats(n, 0.0f)), q(*device, Floats(n, 1.0f));
  float* pinned = device->host_view(q, n);
  std::fill(pinned, pinned + n, 2.0f);
  device->copy_in(p.data(), pinned, n);
  std::fill(pinned, pinned + n, 3.0f);
  EXPECT_EQ(p.host(), Floats(n, 2.0f));
}

}  // namespace
