// How fast is one core, and how near to its limits does the training come?
//
// Every comparison is interleaved: A, B, A, B, ... in one process, because the speed of a machine drifts.
// Run: make bench-01
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "chapters/01_serial/core_peak.h"
#include "chapters/01_serial/openblas_device.h"
#include "chapters/01_serial/require_samples.h"
#include "chapters/01_serial/serial_training.h"
#include "chapters/01_serial/train_options.h"
#include "common/error.h"
#include "common/machine.h"
#include "common/philox.h"
#include "common/statistics.h"
#include "common/timer.h"
#include "common/writable.h"

namespace {

// A product of a training step: c (m, n) = a (m, k) · b (k, n), with the transpositions that the step needs.
struct Product {
  const char* name;
  int m, n, k;
  bool a_transposed, b_transposed;
  double gflop() const { return 2e-9 * m * n * k; }
};

std::vector<Product> products_of_step(const std::vector<int>& sizes, int batch) {
  std::vector<Product> all;
  for (size_t l = 0; l + 1 < sizes.size(); ++l)
    all.push_back({"forward", batch, sizes[l + 1], sizes[l], false, false});
  for (size_t l = sizes.size() - 1; l-- > 0;) {
    all.push_back({"weights", sizes[l], sizes[l + 1], batch, true, false});
    if (l > 0) all.push_back({"input", batch, sizes[l], sizes[l + 1], false, true});
  }
  return all;
}

// Seconds of one product, or of several: by the steps of matmul.h, and by OpenBLAS.
struct Seconds {
  double step[std::size(matmul_steps)] = {}, openblas = 0;
};

Seconds time_product(const Product& p, CpuDevice* openblas) {
  const std::vector<float> a = test_floats(size_t(p.m) * size_t(p.k), 0),
                           b = test_floats(size_t(p.k) * size_t(p.n), 1);
  std::vector<float> c(size_t(p.m) * size_t(p.n));
  MatmulWorkspace workspace;
  const MatrixView left = p.a_transposed ? row_major(a.data(), p.m).transposed() : row_major(a.data(), p.k);
  const MatrixView right = p.b_transposed ? row_major(b.data(), p.k).transposed() : row_major(b.data(), p.n);

  std::vector<double> seconds[std::size(matmul_steps)], blas;
  const int repeats = std::clamp(int(2 / p.gflop()), 11, 301);
  for (int i = 0; i < repeats; ++i) {
    for (size_t s = 0; s < std::size(matmul_steps); ++s) {
      if (s == 0 && i >= 5) continue;  // it is slow
      const Timer timer;
      matmul_steps[s].matmul(c.data(), left, right, p.m, p.n, p.k, {}, workspace);
      seconds[s].push_back(timer.seconds());
    }
    if (openblas) {
      const Timer timer;
      openblas->matmul(c.data(), left, right, p.m, p.n, p.k, {});
      blas.push_back(timer.seconds());
    }
  }
  Seconds medians;
  for (size_t s = 0; s < std::size(matmul_steps); ++s) medians.step[s] = median(seconds[s]);
  medians.openblas = openblas ? median(blas) : NAN;
  return medians;
}

void print_row(const char* name, const std::string& shape, double gflop, const Seconds& s, double peak) {
  std::printf("%-10s %-16s", name, shape.c_str());
  for (double seconds : s.step) std::printf(" %7.1f %3.0f %%", gflop / seconds, 100 * gflop / seconds / peak);
  if (!std::isnan(s.openblas))
    std::printf(" %9.1f %6.2f", gflop / s.openblas, s.openblas / s.step[std::size(s.step) - 1]);
  std::printf("\n");
}

// csv: a file for the rates of the last step, which chapter 13 reads; or empty.
void bench_products(const std::vector<int>& sizes, const std::vector<int>& batch_sizes, double peak,
                    CpuDevice* openblas, const std::string& csv) {
  std::ofstream out;
  if (!csv.empty()) out.open(csv);
  out << "# " << machine_name() << "\nshape,m,n,k,product,gflops\n";
  std::printf(
      "\nThe product in three steps, GFLOP/s and share of the peak (medians, interleaved)\n%-10s %-16s", "",
      "m x n x k");
  for (const MatmulStep& step : matmul_steps) std::printf(" %13s", step.name);
  std::printf("%s\n", openblas ? "  OpenBLAS  ratio" : "");
  auto shape = [](const Product& p) {
    return std::to_string(p.m) + " x " + std::to_string(p.n) + " x " + std::to_string(p.k);
  };
  for (int batch : batch_sizes) {
    double gflop = 0;
    Seconds sum;
    for (const Product& p : products_of_step(sizes, batch)) {
      const Seconds s = time_product(p, openblas);
      print_row(p.name, shape(p), p.gflop(), s, peak);
      out << p.name << ',' << p.m << ',' << p.n << ',' << p.k << ',' << std::rbegin(matmul_steps)->name << ','
          << p.gflop() / *std::rbegin(s.step) << std::endl;
      gflop += p.gflop();
      for (size_t i = 0; i < std::size(s.step); ++i) sum.step[i] += s.step[i];
      sum.openblas += s.openblas;
    }
    print_row("all", "batch " + std::to_string(batch), gflop, sum, peak);
  }
  if (!csv.empty() && !out) throw Error(csv + ": cannot write");
}

// Seconds of `steps` training steps, each on the next batch of the data.
double time_steps(SerialTraining& training, size_t& next, const Dataset& data,
                  const std::vector<uint32_t>& order, size_t batch, int steps) {
  const Timer timer;
  for (int s = 0; s < steps; ++s, next += batch) {
    if (next + batch > data.count) next = 0;
    if (!std::isfinite(training.step(data, order, {next, next + batch})))
      throw Error("the loss is not finite");
  }
  return timer.seconds();
}

void bench_training(const Dataset& data, const TrainOptions& o, int pairs, double peak, CpuDevice& ours, CpuDevice* openblas) {
  const std::vector<int> sizes = o.sizes(data);
  const std::vector<uint32_t> order = permutation(1, 0, data.count);
  const int batch = int(o.batch), steps = std::max(1, 7680 / batch);
  SerialTraining own(ours, sizes, {}, batch, 1), other(openblas ? *openblas : ours, sizes, {}, batch, 1);
  size_t own_next = 0, other_next = 0;
  auto time_own = [&] { return time_steps(own, own_next, data, order, size_t(batch), steps); };
  auto time_other = [&] { return time_steps(other, other_next, data, order, size_t(batch), steps); };

  double gflop = 0;
  for (const Product& p : products_of_step(sizes, batch)) gflop += p.gflop();
  std::vector<double> rates, ratios;
  time_own();
  time_other();
  for (int i = 0; i < pairs; ++i) {
    const double seconds = time_own();
    rates.push_back(steps * batch / seconds);
    if (openblas) ratios.push_back(time_other() / seconds);
  }
  const double rate = median(rates);
  std::printf("\nTraining, batch %d: %.0f samples/s (median of %d runs of %d steps)\n", batch, rate, pairs,
              steps);
  std::printf(
      "  limit by arithmetic: %.2f MFLOP a sample at %.1f GFLOP/s = %.0f samples/s; reached %.0f %%\n",
      1e3 * gflop / batch, peak, peak / gflop * batch, 100 * rate / (peak / gflop * batch));
  if (!openblas) {
    std::printf("  OpenBLAS is not installed: no comparison (an optional extra; on Debian: libopenblas0)\n");
    return;
  }
  const Interval interval = median_interval(ratios);
  std::printf(
      "  ratio to the same network over OpenBLAS: %.3f (median of %d interleaved pairs, 95 %% interval %.3f "
      "to %.3f)\n",
      median(ratios), pairs, interval.low, interval.high);
}

}  // namespace

int main(int argc, char** argv) try {
  TrainOptions o;
  int64_t pairs = 31;
  std::string csv;
  bool training_only = false, all_products = false;
  Options options("Measures the products and the training step of chapter 01 on one core.");
  options.add("data", &o.data, "folder with the unpacked MNIST files");
  options.add("hidden", &o.hidden, "widths of the hidden layers", between(1, 65536));
  options.add("batch", &o.batch, "rows of a batch in the training run", between(1, 60000));
  options.add("pairs", &pairs, "interleaved pairs of training runs", between(11, 1001));
  options.add("training-only", &training_only, "leave the products out");
  options.add("all-products", &all_products, "those of batches of 32, 64, 128 and 256 rows, and no training");
  options.add("csv", &csv, "the rates of the products as numbers, into this file");
  if (!options.parse(argc, argv)) return 0;
  require_writable(csv);

  const Dataset data = read_mnist_train(o.data);
  if (!all_products) require_samples(data, o.batch);
  const std::vector<int> sizes = o.sizes(data);
  CpuDevice ours;
  const std::unique_ptr<OpenBlasDevice> openblas = OpenBlasDevice::open();
  const double peak = measure_fma_peak();
  const MatmulShape tile = matmul_shape();
  std::printf(
      "%s\none core: %.1f GFLOP/s of fused multiply-adds; copies: %.0f GB/s at 16 KiB, %.0f at 256 KiB, %.0f "
      "at 4 MiB, %.0f at 64 MiB\n",
      machine_name().c_str(), peak, measure_copy_bandwidth(16 << 10), measure_copy_bandwidth(256 << 10),
      measure_copy_bandwidth(4 << 20), measure_copy_bandwidth(64 << 20));
  std::printf("the product's tile: %d x %d floats in registers of %d\n", tile.tile_rows, tile.tile_columns,
              tile.vector_floats);
  if (openblas) std::printf("OpenBLAS: one thread, its kernels for %s\n", openblas->core().c_str());
  if (const char* chosen = std::getenv("OPENBLAS_CORETYPE"); openblas && chosen)
    std::printf(
        "WARNING: OPENBLAS_CORETYPE=%s chose these kernels. Unset it to compare with what OpenBLAS takes for "
        "this core.\n",
        chosen);
  if (all_products) {
    bench_products(sizes, {32, 64, 128, 256}, peak, openblas.get(), csv);
    return 0;
  }
  if (!training_only) bench_products(sizes, {int(o.batch)}, peak, openblas.get(), csv);
  bench_training(data, o, int(pairs), peak, ours, openblas.get());
  return 0;
} catch (const Error& error) {
  return fail(error);
}
