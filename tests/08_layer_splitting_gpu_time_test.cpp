// Chapter 08's times where the host goes on before its device has computed: on a device as late as it may be, and on a GPU, or on the CPU
// that stands in for one. And what its options refuse.
// ranks: 1 2 3
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "chapters/02_cuda/cuda_device.h"
#include "chapters/05_collectives/core_share.h"
#include "chapters/08_layer_splitting/pipeline_report.h"
#include "tests/08_known_stage.h"
#include "tests/error_of.h"
#include "tests/known_clock.h"
#include "tests/late_device.h"
#include "tests/mpi_expect.h"

namespace {

// A device on which time passes only while the host waits for it, each time 1.
struct OnlyWaiting : LateDevice {
  static inline double now = 0;
  static double clock() { return now; }
  void end_copy_out(float* p, size_t n) override { LateDevice::end_copy_out(p, n), ++now; }
  void copy_bytes_out(void* host, const void* p, size_t bytes) override { LateDevice::copy_bytes_out(host, p, bytes), ++now; }
};

// Nobody waits for the device behind a pass. Until its output or its loss is there it computes, and so that time is counted.
TEST(Time, UntilTheDevicesOutputIsThereIsComputing) {
  for (const PipelineOptions& o : {options_of("1f1b", 1, 4, eight, 20), options_of("zb-h1", 1, 5, eight, 20)}) {
    OnlyWaiting device;
    Trained trained(o, &device);
    const ClockOfTest known{OnlyWaiting::clock};
    trained.step({0, 20});
    const PipelineTime found = trained.pipeline.time();
    const bool first = rank() == 0, last = rank() == ranks() - 1;
    const double expected = double(o.micro_batches) * (!first + !last + last);
    EXPECT_ON_ALL_RANKS(found.computing == expected && found.total == expected) << o.schedule << found.computing << ", expected " << expected;
    EXPECT_ON_ALL_RANKS(found.copying == 0 && found.waiting == 0) << o.schedule << found.copying << " " << found.waiting;
  }
}

// A GPU that needs longer for each product of a forward pass and each gradient of weights.
struct SlowGpu : CudaDevice {
  Buffer<> filled{*this, size_t{1} << 17, Purpose::workspace};
  void take_longer() { fill(filled, 1, filled.size()); }
  void linear_forward(float* y, const float* x, const float* w, const float* b, Activation a, int rows, int in, int out) override {
    CudaDevice::linear_forward(y, x, w, b, a, rows, in, out), take_longer();
  }
  void linear_backward_weights(float* dw, const float* x, const float* dy, Write write, int rows, int in, int out) override {
    CudaDevice::linear_backward_weights(dw, x, dy, write, rows, in, out), take_longer();
  }
  // Of a core, or of the host that waits; the shortest of three times.
  double seconds_longer() {
    double shortest = 1e9;
    for (int i = 0; i < 3; ++i) {
      const double begin = processor_seconds();
      for (int k = 0; k < 10; ++k) take_longer();
      synchronize();
      shortest = std::min(shortest, (processor_seconds() - begin) / 10);
    }
    return shortest;
  }
};

// The host goes on before a pass is over, between GPUs even before it has begun: all products are counted for all that, but those of an
// evaluation.
TEST(Time, OfAGpuIsThatOfItsPasses) {
  std::unique_ptr<SlowGpu> device;
  try {
    device = std::make_unique<SlowGpu>();
  } catch (const NoGpu& error) {
    GTEST_SKIP() << "skipped: " << error.what();
  }
  const double longer = device->seconds_longer();
  for (const char* exchange : {"host", "auto"})
    for (const char* schedule : {"1f1b", "zb-h1"}) {
      PipelineOptions o = options_of(schedule, 1, 3, eight, 20);
      o.exchange = exchange;
      Trained trained(o, device.get());
      for (int i = 0; i < 2; ++i) trained.step({0, 20});
      device->synchronize();
      const double products = 2.0 * 3 * 2 * double(trained.layout.chunks[0].layers.size()), computed = trained.pipeline.time().computing;
      // Much less would not be all of them; a core may have been slower before.
      EXPECT_ON_ALL_RANKS(computed >= 0.3 * longer * products) << schedule << ", " << exchange << ": " << computed << ", " << longer * products;
      trained.pipeline.count_correct(trained.data);
      device->synchronize();
      EXPECT_ON_ALL_RANKS(trained.pipeline.time().computing == computed) << schedule << ", " << exchange;
    }
}

// By a clock that each reading moves on by one: between GPUs a stage waits for each message that comes, for a place for each that goes, and
// at the end of the step for its messages and for the loss. It copies nothing.
TEST(Time, BetweenGpusIsWaiting) {
  if (ranks() == 1 || !on_one_host()) GTEST_SKIP() << "skipped: one rank sends nothing, and between hosts there are no mailboxes";
  std::unique_ptr<CudaDevice> device;
  try {
    device = std::make_unique<CudaDevice>();
  } catch (const NoGpu& error) {
    GTEST_SKIP() << "skipped: " << error.what();
  }
  for (const char* schedule : {"1f1b", "zb-h1"}) {
    PipelineOptions o = options_of(schedule, 1, 4, eight, 20);
    o.exchange = "peer";
    Trained trained(o, device.get());
    trained.step({0, 20});
    const PipelineTime before = trained.pipeline.time();
    {
      static double now = 0;
      const ClockOfTest known([] { return ++now; });
      trained.step({0, 20});
    }
    const PipelineTime found = trained.pipeline.time();
    const double neighbours = (rank() > 0) + (rank() + 1 < ranks());
    const double waited = found.waiting - before.waiting;
    EXPECT_ON_ALL_RANKS(std::abs(waited - (2 * 4 * neighbours + 2)) < 1e-6) << schedule << waited;
    EXPECT_ON_ALL_RANKS(found.copying == 0) << schedule << found.copying;
  }
}

// Between GPUs labels and losses have a place for each micro-batch: 16 of 100 rows, 12 kB more than one. The report counts on them.
TEST(Report, KnowsThePlacesOfLosses) {
  std::unique_ptr<CudaDevice> device;
  try {
    device = std::make_unique<CudaDevice>();
  } catch (const NoGpu& error) {
    GTEST_SKIP() << "skipped: " << error.what();
  }
  for (const char* exchange : {"host", "auto"}) {
    PipelineOptions o = options_of("1f1b", 1, 16, eight, 1600);
    o.exchange = exchange;
    device->reset_peaks();
    Trained trained(o, device.get());
    const std::string printed = printed_by([&] {
      PipelineReport report(o, trained.data, trained.pipeline);
      report.end(std::vector<float>(trained.layout.count));
    });
    EXPECT_ON_ALL_RANKS(rank() != 0 || counted_is_formula(printed)) << exchange << printed;
  }
}

// Before anything is computed: a cut that is none of this network.
TEST(Options, OfAnotherNetworkAreRefusedAtOnce) {
  Dataset data = random_dataset(13, 50);
  PipelineOptions o = options_of("1f1b", 1, 4, eight, 20);
  EXPECT_EQ(error_of([&] { o.apply(data); }), "");
  o.split.assign(size_t(ranks()), 1), o.split[0] = 9;
  EXPECT_TRUE(error_of([&] { o.apply(data); }).starts_with("--split: ")) << error_of([&] { o.apply(data); });
}

}  // namespace
