// How wrong is a sum of gradients that travel as bf16? The gradient of one batch, cut into as many parts as there would be ranks.
//
//   make 11-messages RANKS=1
#include <cstdio>

#include "chapters/01_serial/require_samples.h"
#include "chapters/01_serial/serial_training.h"
#include "chapters/11_fewer_bits/sixteen_bit_sum.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/options.h"

namespace {

// 100 sqrt(sum (a - b)^2 / sum b^2)
double error_in_percent(const std::vector<float>& a, const std::vector<double>& b) {
  double difference = 0, size = 0;
  for (size_t i = 0; i < b.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return 100 * std::sqrt(difference / size);
}

// The gradients of the parts of a batch: a step of each part alone, which is then taken back. Divided by the rows of the part.
std::vector<std::vector<float>> gradients_of_parts(SerialTraining& training, const Dataset& data, std::span<const uint32_t> order,
                                                   Range batch, int parts) {
  const std::vector<float> weights = training.weights();
  std::vector<std::vector<float>> all;
  for (int part = 0; part < parts; ++part) {
    training.step(data, order, share(batch, size_t(parts), size_t(part)));
    const float* const g = training.mlp().gradients(0);
    all.emplace_back(g, g + training.layout().count);
    training.set_weights(weights);
  }
  return all;
}

int tell(MpiSession& mpi, int argc, char** argv) {
  std::string data = "build/data";
  int64_t batch = 2048;
  std::vector<int64_t> ranks = {2, 4, 16, 64, 256};
  Options options("How wrong is a sum of gradients that travel as bf16?");
  options.add("data", &data, "folder with the unpacked MNIST files");
  options.add("batch", &batch, "rows of the batch", between(1, 1 << 15));
  options.add("ranks", &ranks, "into how many parts it is cut", between(1, 1024));
  if (!options.parse(argc, argv, mpi.rank() != 0) || mpi.rank() != 0) return 0;

  for (const int64_t p : ranks)
    if (p > batch) throw Error("--ranks: " + std::to_string(p) + " parts of a --batch of " + std::to_string(batch) + " rows");
  const Dataset train = read_mnist_train(data);
  require_samples(train, batch);
  const std::unique_ptr<Device> device = make_cpu_device();
  const std::vector<uint32_t> order = permutation(1, 0, train.count);
  const SixteenBits& bf16 = sixteen_bits("bf16");
  std::printf("error of the sum, in percent     sums in float              sums in bf16   MB that a rank sends\n");
  std::printf("ranks                         kept as float   sent as bf16  sent as bf16       float     bf16\n");
  for (const int64_t p : ranks) {
    SerialTraining training(*device, {int(train.features()), 512, 256, int(train.classes)}, {}, int(batch), 1);
    const auto parts = gradients_of_parts(training, train, order, {0, size_t(batch)}, int(p));
    const size_t n = parts[0].size();
    std::vector<double> exact(n);
    std::vector<std::vector<uint16_t>> narrow;
    std::vector<const uint16_t*> x;
    for (const auto& part : parts) {
      for (size_t i = 0; i < n; ++i) exact[i] += part[i];
      bf16.narrow(narrow.emplace_back(n).data(), part.data(), n);
      x.push_back(narrow.back().data());
    }
    std::vector<float> sum(n), sent(n);
    std::vector<uint16_t> bits(n);
    std::printf("%5lld", (long long)p);
    add_sixteen_bits(sum.data(), x, n, bf16, SumIn::floats);
    bf16.narrow(bits.data(), sum.data(), n);
    bf16.widen(sent.data(), bits.data(), n);
    std::printf("%38.3f%15.3f", error_in_percent(sum, exact), error_in_percent(sent, exact));
    add_sixteen_bits(sum.data(), x, n, bf16, SumIn::sixteen_bits);
    std::printf("%14.3f%12.2f%9.2f\n", error_in_percent(sum, exact), 1e-6 * bytes_sent(n, int(p), 0, 4),
                1e-6 * bytes_sent(n, int(p), 0, 2));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, tell); }
