// How fast are the steps of the product, and a whole training step?
//
// On a GPU: operations per second, as a share of the GPU's peak and of cuBLAS where the Toolkit has it, and a roofline.
// On the CPU the same kernels run thread by thread on one core. That shows that they compute, not how fast they are.
//
// Run: make bench-03
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/01_serial/optimizer.h"
#include "chapters/03_fast_kernels/cublas.h"
#include "chapters/03_fast_kernels/device_limits.h"
#include "chapters/03_fast_kernels/fast_cuda_device.h"
#include "chapters/03_fast_kernels/matmul_steps.h"
#include "chapters/03_fast_kernels/prefetch.h"
#include "chapters/03_fast_kernels/shapes.h"
#include "chapters/03_fast_kernels/step_graph.h"
#include "chapters/03_fast_kernels/whole_step.h"
#include "common/machine.h"
#include "common/options.h"
#include "common/philox.h"
#include "common/timer.h"
#include "common/writable.h"

namespace {

using fast::Operands, fast::Shape;

// The three products of the first layer, 784 to 512, with 128 rows; and on a GPU one that is large enough to fill it.
std::vector<Shape> shapes(bool is_gpu) {
  std::vector<Shape> all = {{"x w", 128, 512, 784, false, false},
                            {"xT dy", 784, 512, 128, true, false},
                            {"dy wT", 128, 784, 512, false, true}};
  if (is_gpu) all.push_back({"4096^3", 4096, 4096, 4096, false, false});
  return all;
}

// A network and the rows of a batch.
struct Job {
  std::vector<int> sizes = {784, 512, 256, 10};
  size_t batch = 128;
};

// Seconds of one call: the best of some rounds, each long enough for the clock. The first call warms up.
template <class Call>
double seconds_of(Device& device, const Call& call) {
  auto time = [&](int calls) {
    device.synchronize();
    const Timer timer;
    for (int i = 0; i < calls; ++i) call();
    device.synchronize();
    return timer.seconds() / calls;
  };
  const double first = time(1);
  const int calls = std::clamp(int(0.02 / first), 1, 1000), rounds = first > 0.1 ? 2 : 5;
  double best = time(calls);
  for (int round = 1; round < rounds; ++round) best = std::min(best, time(calls));
  return best;
}

Operands filled(Device& device, const Shape& s) {
  Operands o(device, s);
  o.fill(test_floats(size_t(s.m) * size_t(s.k)), test_floats(size_t(s.k) * size_t(s.n)));
  return o;
}

// --- Products ----------------------------------------------------------------------------------------------------------

struct Row {
  std::string name;
  std::vector<double> gflops;  // per shape
  bool full_precision = true;
};

std::vector<Row> time_steps(FastCudaDevice& device, const std::vector<Shape>& all) {
  std::vector<Row> rows;
  for (const fast::Step& step : fast::matmul_steps()) {
    if (!fast::can_run(step)) continue;
    device.set_matmul(step.matmul);
    Row row{step.name, {}, step.input_rounding == 0};
    for (const Shape& s : all) {
      const Operands o = filled(device, s);
      row.gflops.push_back(
          s.gflop() / seconds_of(device, [&] { device.matmul(o.c(), o.a(), o.b(), s.m, s.n, s.k, {}); }));
    }
    rows.push_back(row);
  }
  device.set_matmul(fast::matmul_three_shapes);
  return rows;
}

Row time_cublas(FastCudaDevice& device, const std::vector<Shape>& all) {
  Row row{"cuBLAS", {}, true};
  Cublas cublas(device.stream());
  if (!cublas.available()) return row;
  for (const Shape& s : all) {
    const Operands o = filled(device, s);
    if (!cublas.matmul(o.c(), o.a(), o.b(), s.m, s.n, s.k)) return {"cuBLAS", {}, true};
    row.gflops.push_back(s.gflop() /
                         seconds_of(device, [&] { cublas.matmul(o.c(), o.a(), o.b(), s.m, s.n, s.k); }));
  }
  return row;
}

Row time_chapter_01(const std::vector<Shape>& all) {
  Row row{"chapter 01's product", {}, true};
  CpuDevice cpu;
  for (const Shape& s : all) {
    const Operands o = filled(cpu, s);
    row.gflops.push_back(s.gflop() /
                         seconds_of(cpu, [&] { cpu.matmul(o.c(), o.a(), o.b(), s.m, s.n, s.k, {}); }));
  }
  return row;
}

void print_row(const Row& row, double peak, const Row* yardstick) {
  std::printf("%-26s", row.name.c_str());
  for (double gflops : row.gflops) std::printf(" %9.1f", gflops);
  if (peak > 0 && row.full_precision) std::printf(" %8.1f %%", 100 * row.gflops.back() / peak);
  if (peak > 0 && !row.full_precision) std::printf(" %8s  ", "-");  // tensor cores have another one
  if (yardstick)
    std::printf(" %8.1f %%%s", 100 * row.gflops.back() / yardstick->gflops.back(),
                row.full_precision ? "" : " (fewer bits than cuBLAS here)");
  std::printf("\n");
}

void bench_products(FastCudaDevice& device, const DeviceLimits& limits, const std::vector<Shape>& all, const std::string& csv) {
  const std::vector<Row> rows = time_steps(device, all);
  const Row yardstick = limits.is_gpu ? time_cublas(device, all) : time_chapter_01(all);
  const bool compare = limits.is_gpu && !yardstick.gflops.empty();

  std::printf("\n%-26s", "products, GFLOP/s");
  for (const Shape& s : all) std::printf(" %9s", s.name.c_str());
  std::printf("%s%s\n", limits.is_gpu ? "   of peak" : "", compare ? "  of cuBLAS in float" : "");
  for (const Row& row : rows) print_row(row, limits.gflops, compare ? &yardstick : nullptr);
  if (yardstick.gflops.empty())
    std::printf("cuBLAS: not found\n");
  else
    print_row(yardstick, limits.gflops, nullptr);

  if (csv.empty()) return;
  std::ofstream out(csv);
  if (!out) throw Error(csv + ": cannot be written");
  out << "# " << limits.name << "," << limits.gflops << "," << limits.gbytes
      << "\nproduct,flop_per_byte,gflops\n";
  for (const Row& row : rows)
    out << '"' << row.name << "\"," << all.back().flop_per_byte() << ',' << row.gflops.back() << '\n';
  if (!out.flush()) throw Error(csv + ": cannot write");
}

// The shapes of a report: those of a training step and squares; on a CPU two that only show that it runs.
std::vector<Shape> report_shapes(bool is_gpu) {
  if (!is_gpu) return fast::products_of_a_step({7, 5}, 3);
  std::vector<Shape> all = fast::products_of_a_step(Job{}.sizes, int(Job{}.batch));
  for (int n = 512; n <= 8192; n *= 2) all.push_back({std::to_string(n) + "^3", n, n, n, false, false});
  return all;
}

// Each product in each shape, a line of the file for each as soon as it is known: a run that is cut off leaves what it has.
void report_products(FastCudaDevice& device, const std::vector<Shape>& all, const std::string& file) {
  std::ofstream out(file);
  if (!out) throw Error(file + ": cannot be written");
  out << "shape,m,n,k,product,gflops,of_cublas" << std::endl;
  Cublas cublas(device.stream());
  for (const Shape& s : all) {
    const Operands o = filled(device, s);
    double yardstick = 0;
    const auto line = [&](const std::string& product, double seconds) {
      out << '"' << s.name << "\"," << s.m << ',' << s.n << ',' << s.k << ",\"" << product << "\"," << s.gflop() / seconds << ',';
      if (yardstick > 0) out << s.gflop() / seconds / yardstick;
      out << std::endl;
    };
    if (cublas.available() && cublas.matmul(o.c(), o.a(), o.b(), s.m, s.n, s.k)) {
      const double seconds = seconds_of(device, [&] { cublas.matmul(o.c(), o.a(), o.b(), s.m, s.n, s.k); });
      yardstick = s.gflop() / seconds;
      line("cuBLAS", seconds);
    }
    for (const fast::Step& step : fast::matmul_steps()) {
      if (!fast::can_run(step)) continue;
      device.set_matmul(step.matmul);
      line(step.name, seconds_of(device, [&] { device.matmul(o.c(), o.a(), o.b(), s.m, s.n, s.k, {}); }));
    }
    if (!fast::can_run({.needs_ampere = true})) continue;
    // Operands that lie in memory as bfloat16: rounding them takes no part.
    const Buffer<fast::Bf16> a(device, fast::rounded_size(s.m, s.k), Purpose::workspace), b(device, fast::rounded_size(s.n, s.k), Purpose::workspace);
    fast::round_to_bf16(a, o.a(), s.m, s.k, device.stream());
    fast::round_to_bf16(b, o.b().transposed(), s.n, s.k, device.stream());
    yardstick = 0;
    if (cublas.available() && cublas.matmul_bf16(o.c(), a, b, s.m, s.n, s.k)) {
      const double seconds = seconds_of(device, [&] { cublas.matmul_bf16(o.c(), a, b, s.m, s.n, s.k); });
      yardstick = s.gflop() / seconds;
      line("cuBLAS, bfloat16", seconds);
    }
    line("16 stages, operands in memory", seconds_of(device, [&] { fast::matmul_bf16(o.c(), a, b, s.m, s.n, s.k, {}, device.stream()); }));
  }
  device.set_matmul(fast::matmul_three_shapes);
  if (!out) throw Error(file + ": cannot write");
}

// What the device can do at best: by its attributes, and as it does it. A copy reads and writes each number.
void report_limits(FastCudaDevice& device, const DeviceLimits& limits, const std::string& file) {
  std::ofstream out(file);
  if (!out) throw Error(file + ": cannot be written");
  const size_t n = limits.is_gpu ? size_t{1} << 27 : size_t{1} << 14;  // more than any cache holds
  const int turns = limits.is_gpu ? 1 << 14 : 4;
  const Buffer<> from(device, n, Purpose::workspace), to(device, n, Purpose::workspace);
  double operations = 0;
  const double multiplying = seconds_of(device, [&] { operations = queue_multiply_adds(to, turns, device.stream()); });
  const double copying = seconds_of(device, [&] { device.copy(to, from, n); });
  out << "limit,from_attributes,measured\n"
      << "GFLOP/s in float," << limits.gflops << ',' << 1e-9 * operations / multiplying << "\nGB/s," << limits.gbytes << ','
      << 1e-9 * 8.0 * double(n) / copying << '\n';
  if (!out.flush()) throw Error(file + ": cannot write");
}

// --- A training step ---------------------------------------------------------------------------------------------------

Dataset noise(size_t count) {
  Dataset data{count, 28, 28, std::vector<uint8_t>(count * 784), std::vector<uint8_t>(count)};
  for (size_t i = 0; i < data.pixels.size(); ++i)
    data.pixels[i] = uint8_t(random_words(1, RandomStream::data, 0, i)[0]);
  for (size_t i = 0; i < count; ++i)
    data.labels[i] = uint8_t(random_words(1, RandomStream::data, 1, i)[0] % 10);
  return data;
}

// The network on a device, and an epoch of eight batches on it: all of a step, images to update.
class Trainer {
 public:
  Trainer(Device& device, const Job& job)
      : batch(job.batch),
        layout_(make_layout(job.sizes)),
        data_(noise(8 * batch)),
        order_(permutation(1, 0, data_.count)),
        parameters_(device, layout_.count, Purpose::parameters),
        gradients_(device, layout_.count, Purpose::gradients),
        mlp_(device, layout_, parameters_, gradients_, space_),
        head_(device, space_),
        optimizer_(device, {}, layout_.count),
        graph_(device),
        whole_(mlp_, data_, {}, parameters_, gradients_, 1) {
    std::vector<float> weights(layout_.count);
    initialize(weights.data(), layout_, 1);
    device.copy_in(parameters_.data(), weights.data(), layout_.count);
  }

  size_t samples() const { return data_.count; }
  const Buffer<>& parameters() const { return parameters_; }

  // As in chapter 01's train.cpp.
  void plain_epoch() {
    for (const Range rows : batches(data_.count, batch)) {
      load_images(mlp_, data_, order_, rows);
      head_.load_labels(data_, order_, rows);
      queue_step(0);
      head_.loss(mlp_, batch);
      optimizer_.step(parameters_, gradients_);
    }
  }

  // As in this chapter's.
  void whole_epoch() {
    whole_.begin_epoch(order_, batch);
    for (const Range rows : batches(data_.count, batch)) whole_.run(rows);
    whole_.losses();
  }

  // With data that come from the host while it computes.
  void overlapped_epoch() {
    Prefetch prefetch(mlp_, head_, data_, order_, micro_batches(data_.count, batch, 1));
    for (size_t b = 0; b < data_.count / batch; ++b) {
      const int slot = prefetch.take();
      mlp_.set_rows(int(batch), slot);
      graph_.run({int(batch), batch, Write::overwrite, slot}, [&] { queue_step(slot); });
      prefetch.gather_ahead();
      head_.loss(mlp_, batch, slot);
      optimizer_.step(parameters_, gradients_);
    }
  }

 private:
  void queue_step(int slot) {
    mlp_.forward(int(batch), slot);
    head_.backward(mlp_, batch, slot);
    mlp_.backward(Write::overwrite, slot);
  }

  const size_t batch;
  const Space space_{.rows = int(batch), .slots = 2};
  const Layout layout_;
  Dataset data_;
  std::vector<uint32_t> order_;
  Buffer<> parameters_, gradients_;
  Mlp mlp_;
  SoftmaxHead head_;
  Optimizer optimizer_;
  StepGraph graph_;
  WholeStep whole_;
};

double training_rate(Device& device, const Job& job, void (Trainer::*epoch)()) {
  Trainer trainer(device, job);
  return double(trainer.samples()) / seconds_of(device, [&] { (trainer.*epoch)(); });
}

void bench_training(FastCudaDevice& device, const DeviceLimits& limits, const Job& job) {
  std::printf("\n");
  for (size_t l = 0; l < job.sizes.size(); ++l) std::printf("%s%d", l > 0 ? "-" : "", job.sizes[l]);
  std::printf(", batch %zu, samples/s\n", job.batch);
  double gflop = 0;  // of a batch's products
  for (const Shape& s : fast::products_of_a_step(job.sizes, int(job.batch))) gflop += s.gflop();
  auto line = [&](const char* name, double rate) {
    std::printf("%-44s %9.0f", name, rate);
    if (limits.gflops > 0) std::printf(" %7.1f %% of the peak", 100 * gflop / double(job.batch) * rate / limits.gflops);
    std::printf("\n"), std::fflush(stdout);
  };
  if (!limits.is_gpu) {
    CpuDevice cpu;
    line("chapter 01, on one core", training_rate(cpu, job, &Trainer::plain_epoch));
  }
  CudaDevice plain;
  line("chapter 02's kernels", training_rate(plain, job, &Trainer::plain_epoch));
  line("chapter 03's kernels", training_rate(device, job, &Trainer::plain_epoch));
  line("chapter 03's kernels, prefetch and graph", training_rate(device, job, &Trainer::overlapped_epoch));
  line("chapter 03's kernels, whole steps", training_rate(device, job, &Trainer::whole_epoch));
}

// The course's network; on a GPU with a batch that is large enough to fill it, too.
std::vector<Job> jobs(bool is_gpu) {
  std::vector<Job> all = {Job{}};
  if (is_gpu) all.push_back({.batch = 8192});
  return all;
}

// Products and training, or one of the two alone.
void bench_all(FastCudaDevice& device, const DeviceLimits& limits, const std::vector<Shape>& all, const std::vector<Job>& of_training,
               bool only_products, bool only_training, const std::string& csv) {
  if (!only_training) bench_products(device, limits, all, csv);
  if (only_products) return;
  for (const Job& job : of_training) bench_training(device, limits, job);
}

void print_device(const DeviceLimits& limits) {
  if (limits.is_gpu) {
    std::printf("%s: %d multiprocessors, peak %.0f GFLOP/s in float, %.0f GB/s (from its attributes)\n",
                limits.name.c_str(), limits.multiprocessors, limits.gflops, limits.gbytes);
    return;
  }
  std::printf(
      "NOT A GPU. No GPU was at hand: the kernels ran on one core, thread after thread, on %s.\n"
      "Do not conclude which step is fast: there is no memory to coalesce, no bank, no warp, a barrier "
      "costs\n"
      "a switch between threads, and a shared tile is slower than none. Conclude that all of them run.\n",
      machine_name().c_str());
}

}  // namespace

int main(int argc, char** argv) try {
  std::string csv, report, best;
  bool products = false, training = false;
  Options options("Times the matrix products of this chapter, and a training step.");
  options.add("csv", &csv, "write the products to this file, for roofline.sh");
  options.add("report", &report, "time each product in many shapes, and write a line to this file for each");
  options.add("limits", &best, "measure peak and bandwidth, and write them to this file");
  options.add("products", &products, "time the products only");
  options.add("training", &training, "time the training step only");
  if (!options.parse(argc, argv)) return 0;
  require_writable(csv);
  require_writable(report);
  require_writable(best);

  FastCudaDevice device;
  const DeviceLimits limits = device_limits();
  print_device(limits);
  if (!best.empty()) return report_limits(device, limits, best), 0;
  if (!report.empty()) return report_products(device, report_shapes(limits.is_gpu), report), 0;
  bench_all(device, limits, shapes(limits.is_gpu), jobs(limits.is_gpu), products, training, csv);
  return 0;
} catch (const Error& error) {
  return fail(error);
}
