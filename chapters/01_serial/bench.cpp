// How fast is one core, and how near to its limits does the training come?
//
// Every comparison is interleaved: A, B, A, B, ... in one process, because the speed of a machine drifts.
// Run: make bench-01
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>

#include "chapters/01_serial/core_peak.h"
#include "chapters/01_serial/head.h"
#include "chapters/01_serial/openblas_device.h"
#include "chapters/01_serial/train_options.h"
#include "common/error.h"
#include "common/machine.h"
#include "common/philox.h"
#include "common/timer.h"

namespace {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::vector<float> random_floats(size_t n) {
  std::vector<float> values(n);
  for (size_t i = 0; i < n; ++i) values[i] = uniform(random_words(1, RandomStream::test, 0, i)[0]) - 0.5f;
  return values;
}

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

struct Seconds {
  double plain = 0, packed = 0, openblas = 0;
};

Seconds time_product(const Product& p, CpuDevice& ours, CpuDevice* openblas) {
  const std::vector<float> a = random_floats(size_t(p.m) * size_t(p.k)),
                           b = random_floats(size_t(p.k) * size_t(p.n));
  std::vector<float> c(size_t(p.m) * size_t(p.n));
  const MatrixView left = p.a_transposed ? row_major(a.data(), p.m).transposed() : row_major(a.data(), p.k);
  const MatrixView right = p.b_transposed ? row_major(b.data(), p.k).transposed() : row_major(b.data(), p.n);

  std::vector<double> plain, packed, blas;
  const int repeats = std::clamp(int(2 / p.gflop()), 11, 301);
  for (int i = 0; i < repeats; ++i) {
    Timer timer;
    ours.matmul(c.data(), left, right, p.m, p.n, p.k, {});
    packed.push_back(timer.seconds());
    if (openblas) {
      timer.restart();
      openblas->matmul(c.data(), left, right, p.m, p.n, p.k, {});
      blas.push_back(timer.seconds());
    }
    if (i < 5) {
      timer.restart();
      matmul_plain(c.data(), left, right, p.m, p.n, p.k);
      plain.push_back(timer.seconds());
    }
  }
  return {median(plain), median(packed), openblas ? median(blas) : NAN};
}

void print_row(const char* name, const std::string& shape, double gflop, const Seconds& s, double peak) {
  std::printf("%-10s %-17s %8.1f %8.1f %6.0f %%", name, shape.c_str(), gflop / s.plain, gflop / s.packed,
              100 * gflop / s.packed / peak);
  if (!std::isnan(s.openblas)) std::printf(" %9.1f %8.2f", gflop / s.openblas, s.openblas / s.packed);
  std::printf("\n");
}

void bench_products(const std::vector<int>& sizes, double peak, CpuDevice& ours, CpuDevice* openblas) {
  std::printf("\nProducts, GFLOP/s (medians, interleaved)\n%-10s %-17s %8s %8s %8s%s\n", "", "m x n x k",
              "3 loops", "packed", "of peak", openblas ? "  OpenBLAS    ratio" : "");
  auto shape = [](const Product& p) {
    return std::to_string(p.m) + " x " + std::to_string(p.n) + " x " + std::to_string(p.k);
  };
  for (int batch : {32, 64, 128, 256}) {
    double gflop = 0;
    Seconds sum;
    for (const Product& p : products_of_step(sizes, batch)) {
      const Seconds s = time_product(p, ours, openblas);
      print_row(p.name, shape(p), p.gflop(), s, peak);
      gflop += p.gflop();
      sum.plain += s.plain, sum.packed += s.packed, sum.openblas += s.openblas;
    }
    print_row("all", "batch " + std::to_string(batch), gflop, sum, peak);
  }
  const Product square{"square", 1024, 1024, 1024, false, false};
  print_row(square.name, shape(square), square.gflop(), time_product(square, ours, openblas), peak);
}

// A network on a device, and the seconds that `steps` training steps take on it.
class Trainer {
 public:
  Trainer(Device& device, const std::vector<int>& sizes, int batch)
      : layout_(make_layout(sizes)),
        parameters_(device, layout_.count, Purpose::parameters),
        gradients_(device, layout_.count, Purpose::gradients),
        mlp_(device, layout_, parameters_, gradients_, {.rows = batch}),
        head_(device, {.rows = batch}),
        optimizer_(device, {}, layout_.count),
        batch_(size_t(batch)) {
    initialize(parameters_, layout_, 1);
  }

  double train(const Dataset& data, const std::vector<uint32_t>& order, int steps) {
    const Timer timer;
    for (int s = 0; s < steps; ++s, next_ += batch_) {
      if (next_ + batch_ > data.count) next_ = 0;
      const Range rows{next_, next_ + batch_};
      load_images(mlp_, data, order, rows);
      head_.load_labels(data, order, rows);
      mlp_.forward(int(batch_));
      head_.backward(mlp_, batch_);
      mlp_.backward(Write::overwrite);
      if (!std::isfinite(head_.loss(mlp_, batch_))) throw Error("the loss is not finite");
      optimizer_.step(parameters_, gradients_);
    }
    return timer.seconds();
  }

 private:
  Layout layout_;
  Buffer<> parameters_, gradients_;
  Mlp mlp_;
  SoftmaxHead head_;
  Optimizer optimizer_;
  size_t batch_, next_ = 0;
};

void bench_training(const std::vector<int>& sizes, const TrainOptions& o, int pairs, double peak,
                    CpuDevice& ours, CpuDevice* openblas) {
  const Dataset data = read_mnist_train(o.data);
  const std::vector<uint32_t> order = permutation(1, 0, data.count);
  const int batch = int(o.batch), steps = std::max(1, 7680 / batch);
  Trainer own(ours, sizes, batch), other(openblas ? *openblas : ours, sizes, batch);

  double gflop = 0;
  for (const Product& p : products_of_step(sizes, batch)) gflop += p.gflop();
  std::vector<double> rates, ratios;
  own.train(data, order, steps);
  other.train(data, order, steps);
  for (int i = 0; i < pairs; ++i) {
    const double seconds = own.train(data, order, steps);
    rates.push_back(steps * batch / seconds);
    if (openblas) ratios.push_back(other.train(data, order, steps) / seconds);
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
  // The order statistics that hold the median with a probability of at least 95 % (normal approximation).
  std::sort(ratios.begin(), ratios.end());
  const size_t low = size_t(std::max(0.0, std::floor(pairs / 2.0 - 0.98 * std::sqrt(pairs))));
  std::printf(
      "  ratio to the same network over OpenBLAS: %.3f (median of %d interleaved pairs, 95 %% interval %.3f "
      "to %.3f)\n",
      median(ratios), pairs, ratios[low], ratios[size_t(pairs) - 1 - low]);
}

}  // namespace

int main(int argc, char** argv) try {
  TrainOptions o;
  int64_t pairs = 31;
  bool training_only = false;
  Options options("Measures the products and the training step of chapter 01 on one core.");
  options.add("data", &o.data, "folder with the unpacked MNIST files");
  options.add("hidden", &o.hidden, "widths of the hidden layers", between(1, 65536));
  options.add("batch", &o.batch, "rows of a batch in the training run", between(1, 60000));
  options.add("pairs", &pairs, "interleaved pairs of training runs", between(11, 1001));
  options.add("training-only", &training_only, "leave the products out");
  if (!options.parse(argc, argv)) return 0;

  std::vector<int> sizes = {784};
  sizes.insert(sizes.end(), o.hidden.begin(), o.hidden.end());
  sizes.push_back(10);
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
  if (!training_only) bench_products(sizes, peak, ours, openblas.get());
  bench_training(sizes, o, int(pairs), peak, ours, openblas.get());
} catch (const Error& error) {
  return fail(error);
}
