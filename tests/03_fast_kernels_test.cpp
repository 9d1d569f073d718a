// Chapter 03: every fused kernel, the prefetch and the graph compute what the CPU device does.
// orders: ascending shuffled
// more orders: descending
#include <gtest/gtest.h>

#include <functional>

#include "chapters/03_fast_kernels/bf16.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/03_fast_kernels/matmul_steps.h"
#include "chapters/03_fast_kernels/prefetch.h"
#include "chapters/03_fast_kernels/step_graph.h"
#include "chapters/03_fast_kernels/whole_step.h"
#include "tests/03_fast_test.h"
#include "tests/training_runs.h"

namespace {

using namespace device_operations;

// --- Fused kernels ---------------------------------------------------------------------------------------------------------

TEST_F(FastTest, ReluMask) { expect_relu_mask(*device); }
TEST_F(FastTest, Softmax) { expect_softmax(*device); }
// The longest rows that fit into one and into eight registers of each lane, and rows that do not by one class.
TEST_F(FastTest, SoftmaxWhereRegistersEnd) {
  CpuDevice cpu;
  for (int classes : {32, 33, 256, 257}) {
    const Floats z = random_floats(2 * size_t(classes), 1);
    const std::vector<int> labels = {classes - 1, classes - 33};
    const LossResult expected = softmax_at_once(cpu, z, labels, 0.5f, classes, false), actual = softmax_at_once(*device, z, labels, 0.5f, classes, true);
    const auto bound = [](size_t) { return 320 * FLT_EPSILON; };  // as in expect_softmax
    expect_near(actual.loss, expected.loss, bound, std::to_string(classes) + " classes, loss");
    expect_near(actual.dz, expected.dz, bound, std::to_string(classes) + " classes, dz");
  }
}
TEST_F(FastTest, VectorsAndOptimizers) { expect_vectors(*device); }
TEST_F(FastTest, ViewsAndCopiesBesideTheComputation) { expect_views(*device); }

// More copies in than there are staging buffers, none of them waited for, and one too large to be staged.
TEST_F(FastTest, CopiesInMayFollowEachOther) {
  const size_t n = 100, large = 20000;
  const Copied<> p(*device, Floats(10 * n, 0.0f));
  Floats expected;
  for (size_t i = 0; i < 10; ++i) {
    Floats part(n, float(i));
    device->copy_in(p + i * n, part.data(), n);
    std::fill(part.begin(), part.end(), NAN);  // the host side may be reused at once
    expected.insert(expected.end(), n, float(i));
  }
  expect_same(p.host(), expected, "ten copies");
  expect_same(Copied<>(*device, random_floats(large, 1)).host(), random_floats(large, 1), "a large copy");
}

// The sums run over rows, ascending, whatever the kernel: the same bits as three plain lines.
TEST_F(FastTest, ColumnSumsKeepTheirOrder) {
  for (int rows : {0, 1, 127, 128, 131, 257})
    for (int columns : {1, 8, 45}) {
      const Floats dy = random_floats(size_t(rows) * size_t(columns), 1);
      Floats expected(size_t(columns), 0.0f);
      for (int r = 0; r < rows; ++r)
        for (int j = 0; j < columns; ++j) expected[size_t(j)] += dy[size_t(r) * size_t(columns) + size_t(j)];
      const Copied<> on_dy(*device, dy), db(*device, Floats(size_t(columns), NAN));
      device->linear_backward_bias(db, on_dy, Write::overwrite, rows, columns);
      expect_same(db.host(), expected, std::to_string(rows) + " rows, " + std::to_string(columns) + " columns");
    }
}

// --- Training --------------------------------------------------------------------------------------------------------------

TEST_F(FastTest, FiftyStepsStayWithinRounding) {
  const Dataset data = read_mnist_train("build/data");
  for (const char* optimizer : {"sgd", "momentum", "adam"})
    training_runs::expect_parity(*device, {.optimizer = optimizer}, data);
}

// The loop of this chapter's train.cpp: `steps` steps in batches of `batch`, cut into `parts`.
Floats train_with_prefetch(Device& device, const Dataset& data, size_t samples, size_t batch, size_t parts) {
  const Layout layout = make_layout({784, 32, 10});
  Floats weights(layout.count);
  initialize(weights.data(), layout, 1);
  const Copied<> parameters(device, weights), gradients(device, weights);
  const Space space{.rows = int(batch), .slots = 2};
  Mlp mlp(device, layout, parameters, gradients, space);
  SoftmaxHead head(device, space);
  Optimizer optimizer(device, {.name = "adam", .learning_rate = 0.001}, layout.count);
  StepGraph graph(device);
  for (uint32_t epoch = 0; epoch < 2; ++epoch) {
    const std::vector<uint32_t> order = permutation(1, epoch, samples);
    Prefetch prefetch(mlp, head, data, order, micro_batches(samples, batch, parts));
    for (const Range rows : batches(samples, batch)) {
      Write write = Write::overwrite;
      for (size_t m = 0; m < parts; ++m) {
        const Range part = share(rows, parts, m);
        if (part.empty()) continue;
        const int slot = prefetch.take();
        mlp.set_rows(int(part.size()), slot);
        graph.run({int(part.size()), rows.size(), write, slot}, [&] {
          mlp.forward(int(part.size()), slot);
          head.backward(mlp, rows.size(), slot);
          mlp.backward(write, slot);
        });
        prefetch.gather_ahead();
        EXPECT_TRUE(std::isfinite(head.loss(mlp, rows.size(), slot)));
        write = Write::accumulate;
      }
      optimizer.step(parameters, gradients);
    }
  }
  return parameters.host();
}

// The first images of MNIST.
Dataset images(size_t n) {
  Dataset data = read_mnist_train("build/data");
  data.count = n, data.pixels.resize(n * data.features()), data.labels.resize(n);
  return data;
}

// The same steps as one graph each, with data set, losses and number of steps on the device.
struct WholeRun {
  Floats weights;
  std::vector<double> losses;
};
WholeRun train_whole(Device& device, const Dataset& data, size_t samples, size_t batch, size_t parts, const std::string& rule = "adam",
                     size_t read_every = 1000) {
  const Layout layout = make_layout({784, 32, 10});
  WholeRun run{Floats(layout.count), {}};
  initialize(run.weights.data(), layout, 1);
  const Copied<> parameters(device, run.weights), gradients(device, run.weights);
  Mlp mlp(device, layout, parameters, gradients, {.rows = int((batch + parts - 1) / parts)});
  WholeStep step(mlp, data, {.name = rule, .learning_rate = 0.001}, parameters, gradients, int(parts));
  for (uint32_t epoch = 0; epoch < 2; ++epoch) {
    const std::vector<uint32_t> order = permutation(1, epoch, samples);
    step.begin_epoch(order, batch);
    for (const Range rows : batches(samples, batch)) {
      step.run(rows);
      if (step.unread() < read_every && rows.last < samples) continue;
      size_t first = run.losses.size() - epoch * batches(samples, batch).size();
      for (const auto& [loss, n] : step.losses()) {
        run.losses.push_back(loss);
        EXPECT_EQ(n, batches(samples, batch)[first++].size());
      }
    }
    EXPECT_EQ(step.unread(), 0u);
  }
  run.weights = parameters.host();
  return run;
}

// Chapter 01's loop with the same micro-batches, and what it says of its losses.
WholeRun train_by_parts(Device& device, const Dataset& data, size_t samples, size_t batch, size_t parts, const std::string& rule) {
  const Layout layout = make_layout({784, 32, 10});
  WholeRun run{Floats(layout.count), {}};
  initialize(run.weights.data(), layout, 1);
  const Copied<> parameters(device, run.weights), gradients(device, run.weights);
  const Space space{.rows = int(batch)};
  Mlp mlp(device, layout, parameters, gradients, space);
  SoftmaxHead head(device, space);
  Optimizer optimizer(device, {.name = rule, .learning_rate = 0.001}, layout.count);
  for (uint32_t epoch = 0; epoch < 2; ++epoch) {
    const std::vector<uint32_t> order = permutation(1, epoch, samples);
    for (const Range rows : batches(samples, batch)) {
      double loss = 0;
      Write write = Write::overwrite;
      for (size_t m = 0; m < parts; ++m) {
        const Range part = share(rows, parts, m);
        if (part.empty()) continue;
        load_images(mlp, data, order, part);
        head.load_labels(data, order, part);
        mlp.forward(int(part.size()));
        head.backward(mlp, rows.size());
        mlp.backward(write);
        loss += head.loss(mlp, rows.size());
        write = Write::accumulate;
      }
      optimizer.step(parameters, gradients);
      run.losses.push_back(loss);
    }
  }
  run.weights = parameters.host();
  return run;
}

// --- What chapters 04 to 14 compute on

TEST_F(FastTest, MakeDeviceMakesThisChaptersDevice) {
  EXPECT_EQ(make_device("cpu")->name(), "cpu");
  const std::unique_ptr<Device> made = make_device("cuda", count_gpus());
  EXPECT_TRUE(dynamic_cast<FastCudaDevice*>(made.get()));
  EXPECT_EQ(made->name(), device->name()) << "GPUs are dealt out in turn";
}

// Prefetch and graphs change when things happen, not what: bit for bit, also with partial batches and empty micro-batches.
TEST_F(FastTest, PrefetchAndGraphChangeNoBit) {
  const Dataset data = read_mnist_train("build/data");
  for (size_t parts : {1, 3})
    for (size_t samples : {66, 96, 32, 5})
      expect_same(train_with_prefetch(*device, data, samples, 32, parts),
                  train_by_parts(*device, data, samples, 32, parts, "adam").weights,
                  std::to_string(samples) + " samples in " + std::to_string(parts) + " parts");
  CpuDevice cpu;
  expect_same(train_with_prefetch(cpu, data, 66, 32, 3), train_by_parts(cpu, data, 66, 32, 3, "adam").weights,
              "on the CPU device");
}

TEST_F(FastTest, WholeStepsChangeNoBit) {
  const Dataset data = images(100);
  CpuDevice cpu;
  CudaDevice plain;
  for (const char* rule : {"sgd", "momentum", "adam"})
    for (size_t parts : {1, 3})
      for (size_t samples : {66, 96, 5}) {
        const WholeRun expected = train_by_parts(*device, data, samples, 32, parts, rule);
        for (size_t read_every : {2, 1000}) {
          const WholeRun run = train_whole(*device, data, samples, 32, parts, rule, read_every);
          expect_same(run.weights, expected.weights, std::string(rule) + ", " + std::to_string(samples) + " samples in " + std::to_string(parts) + " parts");
          EXPECT_EQ(run.losses, expected.losses) << rule;
        }
      }
  for (Device* other : {static_cast<Device*>(&cpu), static_cast<Device*>(&plain)}) {
    const WholeRun run = train_whole(*other, data, 66, 32, 3), expected = train_by_parts(*other, data, 66, 32, 3, "adam");
    expect_same(run.weights, expected.weights, "on another device");
    EXPECT_EQ(run.losses, expected.losses);
  }
}

// A loss of more rows than a block of threads, and the device's Adam afterwards, which counts from its argument again.
TEST_F(FastTest, AWholeStepOfManyRowsAndAnAdamAfterIt) {
  const Dataset data = images(700);
  for (size_t parts : {1, 2}) {
    const WholeRun run = train_whole(*device, data, 700, 600, parts), expected = train_by_parts(*device, data, 700, 600, parts, "adam");
    expect_same(run.weights, expected.weights, "600 rows");
    EXPECT_EQ(run.losses, expected.losses);
  }
}

// A step is one launch. Nobody waits but for the losses, once; before, each step started two copies, a graph and the update, and waited.
TEST_F(FastTest, AWholeStepIsOneLaunchAndNoWait) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: on a GPU nobody counts";
  const Dataset data = images(160);
  struct Counts {
    unsigned long waits, graphs, kernels;
    bool operator==(const Counts&) const = default;
  };
  const auto counts = [&](size_t steps, size_t parts) {
    const Counts before{cuda_on_cpu_waits, cuda_on_cpu_graphs, cuda_on_cpu_launches};
    train_whole(*device, data, 32 * steps, 32, parts);
    return Counts{cuda_on_cpu_waits - before.waits, cuda_on_cpu_graphs - before.graphs, cuda_on_cpu_launches - before.kernels};
  };
  for (size_t parts : {1, 3}) {
    const Counts two = counts(2, parts), five = counts(5, parts);
    EXPECT_EQ(five.waits, two.waits);
    EXPECT_EQ(five.graphs, 2u * 5) << "two epochs";
    EXPECT_EQ(five.kernels, two.kernels) << "of a step that was recorded nothing is started alone";
  }
  // What the text counts: kernels of a step of three layers, by the device of the course's network.
  const auto kernels = [&](const std::function<void()>& step) {
    const unsigned long before = cuda_on_cpu_launches;
    step();
    return cuda_on_cpu_launches - before;
  };
  const Layout layout = make_layout({784, 512, 256, 10});
  const Copied<> parameters(*device, Floats(layout.count)), gradients(*device, Floats(layout.count));
  Mlp mlp(*device, layout, parameters, gradients, {.rows = 2});
  SoftmaxHead head(*device, {.rows = 2});
  const std::vector<uint32_t> order = {0, 1};
  EXPECT_EQ(kernels([&] { load_images(mlp, data, order, {0, 2}), head.load_labels(data, order, {0, 2}); }), 0u);
  const auto passes = [&] { mlp.forward(2), head.backward(mlp, 2), mlp.backward(Write::overwrite); };
  device->set_matmul(fast::matmul_small_block);  // which masks no gradients
  EXPECT_EQ(kernels(passes), 14u);
  device->set_matmul(fast::matmul_three_shapes);
  EXPECT_EQ(kernels(passes), 12u);
  WholeStep step(mlp, data, {}, parameters, gradients, 1);
  step.begin_epoch(order, 2);
  EXPECT_EQ(kernels([&] { step.run({0, 2}); }), 12u + 3) << "gather, update, loss";
}

// The host waits for the loss of each micro-batch, which it reads, and for nothing else; with prefetch also for the copy of the next
// micro-batch, whose view it fills anew.
TEST_F(FastTest, AStepWaitsOnlyForWhatTheHostReads) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: on a GPU nobody counts waits";
  const Dataset data = images(160);
  for (const size_t of_a_part : {1, 2})
    for (const size_t parts : {1, 3}) {
      const auto waits = [&](size_t steps) {
        const unsigned long before = cuda_on_cpu_waits;
        if (of_a_part == 1) train_by_parts(*device, data, 32 * steps, 32, parts, "adam");
        else train_with_prefetch(*device, data, 32 * steps, 32, parts);
        return cuda_on_cpu_waits - before;
      };
      EXPECT_EQ(waits(5) - waits(2), 2 * 3 * parts * of_a_part) << "three steps more in each of two epochs";
    }
}

TEST_F(FastTest, AGraphIsRecordedOncePerKind) {
  StepGraph graph(*device);
  const Copied<> p(*device, Floats(3, 1.0f));
  int recordings = 0;
  auto doubles = [&] { ++recordings, device->scale(p, 2.0f, 3); };
  for (int i = 0; i < 5; ++i) graph.run({1, 1, Write::overwrite, 0}, doubles);
  EXPECT_EQ(recordings, 1);
  EXPECT_EQ(p.host(), Floats(3, 32.0f));
  graph.run({2, 1, Write::overwrite, 0}, doubles);
  EXPECT_EQ(recordings, 2);
  EXPECT_EQ(graph.recorded(), 2u);
  // Each of the arguments makes another kind, and none of the kinds is forgotten.
  for (int i = 0; i < 2; ++i)
    for (const StepGraph::Arguments& kind : {StepGraph::Arguments{1, 2, Write::overwrite, 0}, {1, 1, Write::accumulate, 0}, {1, 1, Write::overwrite, 1}})
      graph.run(kind, doubles);
  EXPECT_EQ(recordings, 5);
  EXPECT_EQ(graph.recorded(), 5u);
  EXPECT_EQ(p.host(), Floats(3, 4096.0f));
}

// A graph may be recorded only where no operation allocates: chapter 02's softmax does.
TEST_F(FastTest, OnChapter02sDeviceNothingIsRecorded) {
  CudaDevice plain;
  StepGraph graph(plain);
  int calls = 0;
  for (int i = 0; i < 3; ++i) graph.run({1, 1, Write::overwrite, 0}, [&] { ++calls; });
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(graph.recorded(), 0u);
}

TEST_F(FastTest, ALaunchThatIsRefusedEndsTheProgram) {
  const Buffer<> p(*device, 4, Purpose::workspace);
  const Buffer<int> labels(*device, 4, Purpose::workspace);
  FastCudaDevice& d = *device;
  const size_t n = size_t{1} << 40;
  std::vector<std::function<void()>> operations = {
      [&] { d.momentum(p, p, p, 1, 1, n); },
      [&] { d.adam(p, p, p, p, 1, 1, 1, 1, 1, n); },
      [&] { d.linear_backward_bias(p, p, Write::overwrite, 1, -1); },
      [&] { d.softmax_cross_entropy(p, p, p, labels, 1, -1, 1); },
  };
  const auto* numbers = reinterpret_cast<const fast::Bf16*>(p.data());
  if (fast::can_run({.needs_ampere = true})) operations.push_back([&, numbers] { fast::matmul_bf16(p, numbers, numbers, 1, 1 << 24, 1, {}, d.stream()); });
  operations.push_back([&d, &p] { fast::round_to_bf16(nullptr, row_major(p, 1), 1 << 24, 1, d.stream()); });
  for (const fast::Step& step : fast::matmul_steps()) {
    if (!fast::can_run(step) || step.matmul == fast::matmul_tensor_stages) continue;  // its operands would be a gigabyte
    // Chapter 02's kernel counts blocks of rows in y, which ends at 65535, all others blocks of columns.
    const int many = 1 << 24, m = step.matmul == fast::matmul_coalesced ? many : 1, columns = m == 1 ? many : 1;
    operations.push_back([&d, &p, &step, m, columns] {
      d.set_matmul(step.matmul);
      d.matmul(p, row_major(p, 1), row_major(p, columns), m, columns, 1, {});
    });
  }
  expect_refused(operations);
}

TEST_F(FastTest, NothingIsNoError) {
  const Buffer<> p(*device, 4, Purpose::workspace);
  const Buffer<int> labels(*device, 4, Purpose::workspace);
  device->fill(p, 5, 4);
  for (const fast::Step& step : fast::matmul_steps()) {
    if (!fast::can_run(step)) continue;
    device->set_matmul(step.matmul);
    for (const auto& [m, n] : {std::pair{0, 3}, {3, 0}, {0, 0}}) device->linear_forward(p, p, p, nullptr, Activation::none, m, 1, n);
  }
  device->linear_backward_bias(p, p, Write::overwrite, 3, 0);
  device->softmax_cross_entropy(p, p, p, labels, 1, 0, 3);
  device->momentum(p, p, p, 1, 1, 0);
  device->adam(p, p, p, p, 1, 1, 1, 1, 1, 0);
  Floats host(4);
  device->copy_out(host.data(), p.data(), 4);
  EXPECT_EQ(host, Floats(4, 5.0f));
}

TEST(MicroBatches, AreThoseOfTheLoop) {
  EXPECT_EQ(micro_batches(5, 4, 2), (std::vector<Range>{{0, 2}, {2, 4}, {4, 5}}));
  EXPECT_TRUE(micro_batches(0, 4, 2).empty());
}

}  // namespace
