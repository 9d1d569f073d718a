// Chapter 02: the CUDA device computes what the CPU device computes.
// orders: ascending descending shuffled
#include <gtest/gtest.h>

#include <ctime>
#include <functional>
#include <new>
#include <string>
#include <vector>

#include "chapters/02_cuda/cuda_device.h"
#include "chapters/02_cuda/gpu_clock.h"
#include "chapters/02_cuda/gpu_trace.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/02_cuda/make_device.h"
#include "common/mpi_guard/trace.h"
#include "common/timer.h"
#include "tests/device_operations.h"
#include "tests/error_of.h"
#include "tests/training_runs.h"

// Of common/cuda_on_cpu.
extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_waits;
extern "C" [[gnu::weak]] int cuda_on_cpu_chosen_device;
extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_events(), cuda_on_cpu_streams();

// What the guard would put into a timeline, and its clock.
struct Traced {
  std::string name;
  int64_t begin, end;
  int row;
};
std::vector<Traced> traced;
void guard_trace_stream(const char* name, int number, int64_t begin, int64_t end, int row) {
  traced.push_back({name + std::to_string(number), begin, end, row});
}
bool tracing = true;
unsigned long waits_before_reading = 0;  // of the host for its GPU, when it last asked what time it is
int64_t guard_trace_region_begin() {
  if (!tracing) return 0;
  if (&cuda_on_cpu_waits) waits_before_reading = cuda_on_cpu_waits;
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

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
  const auto view_of = [&](float* p, size_t n) { return mistake_of([&] { device->host_view(p, n); }); };
  const std::string not_ours = "host_view: not memory of this device";
  EXPECT_EQ(view_of(&on_the_host, 1), not_ours);
  const Buffer<> p(*device, 4, Purpose::workspace);
  EXPECT_EQ(view_of(p, 5), not_ours);
  EXPECT_EQ(view_of(p + 3, 2), not_ours);
  EXPECT_EQ(device->host_view(p + 4, 0), device->host_view(p, 4) + 4);
  EXPECT_EQ(mistake_of([&] { device->end_copy_in(p, 4); }), "a copy was ended that had not begun");
  device->begin_copy_out(p, 4);
  EXPECT_EQ(mistake_of([&] { device->begin_copy_out(p, 4); }), "a copy of this range was begun twice");
  device->end_copy_out(p, 4);
}

TEST_F(CudaTest, TooMuchMemoryIsAnException) {
  EXPECT_THROW(device->allocate(size_t{1} << 55, Purpose::workspace), std::bad_alloc);
  const Copied<> still_works(*device, Floats(3, 1.0f));
  EXPECT_EQ(refused_status([&] { device->scale(still_works, 2.0f, 3); }), 0) << "the launch finds no error that has been dealt with";
  EXPECT_EQ(still_works.host(), Floats(3, 2.0f));
}

// A clock counts its stretches, which hold those of another clock, and not what lies between them; who asks it waits for nothing.
TEST_F(CudaTest, AClockCountsItsStretchesAlone) {
  const Buffer<> p(*device, size_t{1} << 16, Purpose::workspace);
  const auto work = [&](int fills) {
    for (int i = 0; i < fills; ++i) device->fill(p, float(i), p.size());
  };
  work(1), device->synchronize();
  auto& cuda = static_cast<CudaDevice&>(*device);
  GpuClock clock(cuda), inside(cuda), between(cuda);
  const double resolution = 1e-5;
  double before = 0;
  const Timer timer;
  for (int stretches : {2, 1, 3}) {  // fewer than there were before, and more
    for (int i = 0; i < stretches; ++i) {
      between.begin(), work(40), between.end();
      clock.begin(), inside.begin();
      work(2), work(2);
      inside.end(), clock.end();
    }
    if (&cuda_on_cpu_waits) {
      const unsigned long waits = cuda_on_cpu_waits;
      EXPECT_EQ(clock.seconds(), before);
      EXPECT_EQ(cuda_on_cpu_waits, waits);
      EXPECT_EQ(refused_status([&] { work(1); }), 0) << "the launch finds no answer of that question";
    }
    device->synchronize();
    const double whole = timer.seconds(), now = clock.seconds();
    EXPECT_GE(now, inside.seconds() - resolution);
    EXPECT_GT(now, before);
    EXPECT_LE(now + between.seconds(), whole + resolution);
    EXPECT_EQ(clock.seconds(), now);
    before = now;
  }
}

// An object in memory that held something else before.
template <class T>
struct InUsedMemory {
  alignas(T) unsigned char memory[sizeof(T)];
  T* object;
  explicit InUsedMemory(CudaDevice& device) {
    for (unsigned char& byte : memory) *static_cast<volatile unsigned char*>(&byte) = 0x41;
    object = new (memory) T(device);
  }
  ~InUsedMemory() { object->~T(); }
};
TEST_F(CudaTest, AClockAndATraceBeginWithNothing) {
  auto& cuda = static_cast<CudaDevice&>(*device);
  traced.clear();
  EXPECT_EQ(InUsedMemory<GpuClock>(cuda).object->seconds(), 0);
  InUsedMemory<GpuTrace>(cuda).object->end();
  EXPECT_TRUE(traced.empty());
}

// Stretches in their order by the host's clock, each longer than what was computed inside of it and shorter than what is around it.
TEST_F(CudaTest, ATraceHasItsStretchesByTheClockOfTheHost) {
  const Buffer<> p(*device, size_t{1} << 16, Purpose::workspace);
  const unsigned long events = &cuda_on_cpu_events ? cuda_on_cpu_events() : 0;
  traced.clear();
  {
    auto& cuda = static_cast<CudaDevice&>(*device);
    GpuClock around(cuda), inside(cuda);
    const int64_t before = guard_trace_region_begin();
    {
      GpuTrace trace(cuda);
      for (int turn = 0; turn < 3; ++turn) {
        around.begin(), trace.begin(cuda.stream(), 1 + turn, "turn ", 7 * turn), inside.begin();
        for (int i = 0; i < 4; ++i) device->fill(p, float(i), p.size());  // launches, which find no answer of an earlier question
        inside.end(), trace.end(), around.end();
      }
    }
    device->synchronize();
    const double rounding = 1e-6 * double(guard_trace_region_begin() - before) + 1000;  // events tell milliseconds as floats
    ASSERT_EQ(traced.size(), 3u);
    double last = double(before), all = 0;
    for (int turn = 0; turn < 3; ++turn) {
      const Traced& stretch = traced[size_t(turn)];
      EXPECT_EQ(stretch.name, "turn " + std::to_string(7 * turn));
      EXPECT_EQ(stretch.row, 1 + turn);
      EXPECT_GE(double(stretch.begin), last - rounding);
      last = double(stretch.end), all += double(stretch.end - stretch.begin);
    }
    EXPECT_GE(all, 1e9 * inside.seconds() - rounding);
    EXPECT_LE(all, 1e9 * around.seconds() + rounding);
    EXPECT_GT(inside.seconds(), 0);
  }
  EXPECT_EQ(&cuda_on_cpu_events ? cuda_on_cpu_events() : 0, events);
}

// Where nobody traces there is no event and no wait. Who traces waits once, in the first stretch, and for no stretch later.
TEST_F(CudaTest, ATraceHoldsNobodyUp) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: on a GPU nobody counts";
  const Buffer<> p(*device, 100, Purpose::workspace);
  auto& cuda = static_cast<CudaDevice&>(*device);
  traced.clear();
  const unsigned long waits = cuda_on_cpu_waits, events = cuda_on_cpu_events();
  {
    GpuTrace trace(cuda);
    const auto stretches = [&](int n) {
      for (int i = 0; i < n; ++i) trace.begin(cuda.stream(), 1, "fill ", i), device->fill(p, float(i), p.size()), trace.end();
    };
    tracing = false;
    stretches(2);
    EXPECT_EQ(cuda_on_cpu_events(), events);
    EXPECT_EQ(cuda_on_cpu_waits, waits);
    tracing = true;
    stretches(1);
    EXPECT_EQ(cuda_on_cpu_waits, waits + 1) << "the moment that both clocks have in common";
    EXPECT_EQ(waits_before_reading, waits + 1) << "the host looks at its clock when the GPU has got there";
    stretches(3);
    EXPECT_EQ(cuda_on_cpu_waits, waits + 1);
  }
  EXPECT_EQ(traced.size(), 4u);
}

// Another stream than the device's own: its stretch ends where that one is, and not where the device is.
TEST_F(CudaTest, ATraceMayBeOfAnyStream) {
  const Buffer<> p(*device, size_t{1} << 16, Purpose::workspace);
  traced.clear();
  CudaDevice other;
  GpuClock around(other), inside(other);
  const int64_t before = guard_trace_region_begin();
  {
    GpuTrace trace(static_cast<CudaDevice&>(*device));
    around.begin(), trace.begin(other.stream(), 2, "sum ", 5), inside.begin();
    for (int i = 0; i < 4; ++i) other.fill(p, float(i), p.size());
    inside.end(), trace.end(), around.end();
  }
  other.synchronize();
  const double rounding = 1e-6 * double(guard_trace_region_begin() - before) + 1000;  // as above
  ASSERT_EQ(traced.size(), 1u);
  EXPECT_TRUE(traced[0].name == "sum 5" && traced[0].row == 2);
  EXPECT_GT(inside.seconds(), 0);
  EXPECT_GE(double(traced[0].end - traced[0].begin), 1e9 * inside.seconds() - rounding);
  EXPECT_LE(double(traced[0].end - traced[0].begin), 1e9 * around.seconds() + rounding);
}

// One event for what the device does itself and one for each copy that is under way; all of them, and its streams, end with the device,
// also of a copy that nobody has ended.
TEST_F(CudaTest, EventsServeAgainAndEndWithTheDevice) {
  if (!&cuda_on_cpu_events) GTEST_SKIP() << "skipped: on a GPU nobody counts events";
  device.reset();
  const unsigned long events = cuda_on_cpu_events(), streams = cuda_on_cpu_streams();
  const auto more = [&] { return cuda_on_cpu_events() - events; };
  device = std::make_unique<CudaDevice>();
  {
    const Copied<> p(*device, Floats(4, 1.0f)), q(*device, Floats(4, 2.0f));
    EXPECT_EQ(more(), 1u);
    for (int turn = 0; turn < 3; ++turn) {
      device->begin_copy_out(p, 4), device->end_copy_out(p, 4);
      device->begin_copy_in(p, 4), device->end_copy_in(p, 4);
      EXPECT_EQ(more(), 2u);
    }
    device->begin_copy_out(p, 4), device->begin_copy_in(q, 4);
    EXPECT_EQ(more(), 3u);
    device->end_copy_out(p, 4);
    EXPECT_EQ(more(), 3u);
    GpuClock clock(static_cast<CudaDevice&>(*device));
    clock.begin(), clock.end();
    EXPECT_EQ(more(), 5u);
    clock.begin(), clock.end();
    EXPECT_EQ(more(), 7u);
    device->synchronize();
    clock.seconds();
    clock.begin(), clock.end();
    EXPECT_EQ(more(), 7u) << "two that have been read, and one of them once more";
  }
  EXPECT_EQ(more(), 3u);
  device.reset();
  EXPECT_EQ(more(), 0u);
  EXPECT_EQ(cuda_on_cpu_streams(), streams);
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

// Else all ranks of a node would compute on the first one.
TEST_F(CudaTest, AGpuIsChosenByItsNumber) {
  if (!&cuda_on_cpu_chosen_device) GTEST_SKIP() << "skipped: on a GPU nobody knows";
  for (const auto& ask : {+[] { CudaDevice(0); }, +[] { EXPECT_GT(free_gpu_memory(0), 0u); }}) {
    cuda_on_cpu_chosen_device = -1;
    ask();
    EXPECT_EQ(cuda_on_cpu_chosen_device, 0);
  }
}

TEST_F(CudaTest, MemoryThatIsTakenIsNotFree) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: others may use a GPU's memory, too";
  const size_t before = free_gpu_memory(0), n = size_t{1} << 20;
  {
    const Buffer<> taken(*device, n, Purpose::workspace);
    EXPECT_EQ(free_gpu_memory(0), before - n * sizeof(float));
  }
  EXPECT_EQ(free_gpu_memory(0), before);
}

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

// The host waits for a later copy, and so for the copy in; what was issued before that one reads what was there before.
TEST_F(CudaTest, ACopyInWaitsForWhatReadsTheOldNumbers) {
  const size_t n = 1000;
  const Copied<> p(*device, Floats(n, 1.0f)), before(*device, Floats(n, 0.0f)), other(*device, Floats(n, 0.0f));
  std::fill_n(device->host_view(p, n), n, 2.0f);
  device->copy(before, p, n);
  device->begin_copy_in(p, n);
  device->begin_copy_out(other, n), device->end_copy_out(other, n);
  device->end_copy_in(p, n);
  EXPECT_EQ(before.host(), Floats(n, 1.0f));
  EXPECT_EQ(p.host(), Floats(n, 2.0f));
}

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
