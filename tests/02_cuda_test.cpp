// Chapter 02: the CUDA device computes what the CPU device computes.
// orders: ascending descending shuffled
#include <gtest/gtest.h>

#include <filesystem>

#include "chapters/02_cuda/cuda_device.h"
#include "chapters/02_cuda/make_device.h"
#include "tests/device_operations.h"
#include "tests/data_sets.h"
#include "tests/program.h"
#include "tests/training_runs.h"

namespace {

using namespace device_operations;

struct CudaTest : testing::Test {
  std::unique_ptr<Device> device;
  void SetUp() override {
    try {
      device = make_cuda_device();
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

TEST_F(CudaTest, FiftyStepsStayWithinRounding) {
  const Dataset data = read_mnist_train("build/data");
  for (const char* optimizer : {"sgd", "momentum", "adam"})
    training_runs::expect_parity(*device, {.optimizer = optimizer}, data);
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

// --- The program -------------------------------------------------------------------------------------------------------

const std::string program = build_folder() + "/chapters/02_cuda/train";

TEST_F(CudaTest, TheProgramTrainsOnIt) {
  const ProgramRun run =
      run_program(program + " --device cuda --train-samples 320 --epochs 1 --hidden 16 --batch 32");
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_NE(run.output.find("784-16-10 on cuda"), std::string::npos) << run.output;
  EXPECT_NE(run.output.find("trained 10 steps"), std::string::npos) << run.output;
}

TEST(TrainProgram, OtherDevicesAreAMistake) {
  const ProgramRun run = run_program(program + " --device gpu");
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.output, "error: --device: 'gpu' is not one of cpu|cuda\n");
}

TEST(MakeDevice, KnowsBothNames) {
  EXPECT_EQ(make_device("cpu")->name(), "cpu");
  EXPECT_EQ(device_names, (std::vector<std::string>{"cpu", "cuda"}));
}

// Where the driver hides every GPU, or CUDA on the CPU its one device.
TEST(TrainProgram, WithoutADeviceSaysSoAndEndsWithItsOwnStatus) {
  const ProgramRun run = run_program("CUDA_VISIBLE_DEVICES= " + program + " --device cuda --epochs 0");
  EXPECT_EQ(run.status, 77);
  EXPECT_EQ(run.lines(), 1u) << run.output;
  EXPECT_NE(run.output.find("no GPU"), std::string::npos) << run.output;
}

// What nvcc built also runs where there is no GPU, or where the driver hides every GPU, and says so in one line.
TEST(NvccProgram, WithoutAGpuSaysSoAndEndsWithItsOwnStatus) {
  const char* cuda = std::getenv("CUDA");
  const std::string folder = cuda && std::string(cuda) == "gpu" ? build_folder() : "build/gpu";
  const std::string program = folder + "/chapters/02_cuda/train";
  if (!std::filesystem::exists(program)) GTEST_SKIP() << "skipped: no program built by nvcc (make gpu-build)";
  const ProgramRun run = run_program("CUDA_VISIBLE_DEVICES= " + program + " --device cuda --epochs 0");
  EXPECT_EQ(run.status, 77);
  EXPECT_EQ(run.lines(), 1u) << run.output;
  EXPECT_NE(run.output.find("no GPU"), std::string::npos) << run.output;
}

TEST(Data, OfAnySizeAndAnyNumberOfClassesIsTrained) {
  data_sets::expect_every_data_set(build_folder() + "/chapters/02_cuda/train --device cuda");
}

}  // namespace
