// What a number becomes in each format, how far apart its neighbours are, and how large the numbers of training are.
//
//   make 11-formats RANKS=1
//   make 11-formats RANKS=1 ARGS="--number 0.3 --steps 0"
#include <cstdio>
#include <fstream>

#include "chapters/01_serial/require_samples.h"
#include "chapters/11_fewer_bits/exponents.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/writable.h"

namespace {

constexpr int row_height = 3, highest = 5, lowest = -37;  // exponents

void tell_numbers(const std::vector<double>& numbers) {
  std::printf("%-12s", "number");
  for (const Format& f : formats) std::printf("%16s", f.name);
  std::printf("\n");
  for (double x : numbers) {
    std::printf("%-12.9g", x);
    for (const Format& f : formats) std::printf("%16.9g", rounded(float(x), f));
    std::printf("\n");
  }
}

void tell_formats() {
  std::printf("\n%-14s%6s%10s%10s%13s%14s%13s%11s%11s%11s\n", "format", "bits", "exponent", "fraction", "largest", "least normal",
              "least", "step at 1", "at 1000", "at 0.001");
  for (const Format& f : formats)
    std::printf("%-14s%6d%10d%10d%13.4g%14.3g%13.3g%11.2g%11.2g%11.2g\n", f.name, f.bits(), f.exponent_bits, f.fraction_bits,
                f.largest(), f.smallest_normal(), f.smallest(), spacing(1, f), spacing(1000, f), spacing(0.001, f));
}

// A row for every three exponents, with a bar of up to ten characters for each kind; 10 are the fullest row.
void tell_exponents(const std::array<Numbers, 4>& all) {
  std::printf("\n%-14s", "size");
  for (const Numbers& numbers : all) std::printf("  %-18s", numbers.kind.c_str());
  std::printf("\n");
  std::array<std::map<int, double>, 4> rows;  // by their highest exponent, in percent
  for (size_t k = 0; k < all.size(); ++k)
    for (const auto& [exponent, count] : all[k].by_exponent()) {
      int row = highest;
      while (row - row_height >= exponent && row > lowest) row -= row_height;
      rows[k][row] += 100.0 * double(count) / double(all[k].values.size());
    }
  for (int row = highest; row >= lowest; row -= row_height) {
    std::printf(row > lowest ? "2^%-3d to 2^%-3d" : "2^%-3d and less", row > lowest ? row - row_height + 1 : row, row);
    for (size_t k = 0; k < all.size(); ++k) {
      double most = 0;
      for (const auto& [_, share] : rows[k]) most = std::max(most, share);
      const double share = rows[k][row];
      const std::string bar(size_t(share > 0 ? std::ceil(10 * share / most) : 0), '#');
      if (share > 0) std::printf("  %5.1f %% %-10s", share, bar.c_str());
      else std::printf("  %18s", "");
    }
    const auto in_row = [&](int exponent) { return exponent <= row && exponent > row - row_height; };
    if (in_row(half_format.smallest_exponent())) std::printf("  half: least normal, 2^%d", half_format.smallest_exponent());
    if (in_row(std::ilogb(half_format.smallest()))) std::printf("  half: least, 2^%d", std::ilogb(half_format.smallest()));
    std::printf("\n");
  }
  std::printf("\n%-14s", "made zero by");
  for (const Numbers& numbers : all) std::printf("  %-18s", numbers.kind.c_str());
  std::printf("\n");
  for (const Format& f : {bf16_format, half_format, half_flushed_format}) {
    std::printf("%-14s", f.name);
    for (const Numbers& numbers : all) std::printf("  %5.1f %%           ", 100 * numbers.made_zero(f));
    std::printf("\n");
  }
}

// A line for each kind and each exponent that there is: how many of its numbers, in percent.
void write_exponents(const std::string& file, const std::array<Numbers, 4>& all) {
  std::ofstream out(file);
  out << "kind,exponent,percent\n";
  for (const Numbers& numbers : all)
    for (const auto& [exponent, count] : numbers.by_exponent())
      out << numbers.kind << ',' << exponent << ',' << 100.0 * double(count) / double(numbers.values.size()) << '\n';
  if (!out.flush()) throw Error(file + ": cannot be written");
}

int tell(MpiSession& mpi, int argc, char** argv) {
  std::string data = "build/data", csv;
  double number = 0;
  int64_t steps = 100, batch = 128;
  Options options("What a number becomes in each format, and how large the numbers of training are.");
  options.add("number", &number, "one to look at; 0: some");
  options.add("data", &data, "folder with the unpacked MNIST files");
  options.add("steps", &steps, "of training, in float, before its numbers are counted; 0: count none", between(0, 400));
  options.add("batch", &batch, "rows of a batch", between(1, 1 << 14));
  options.add("csv", &csv, "write how many numbers have which exponent to this file");
  if (!options.parse(argc, argv, mpi.rank() != 0) || mpi.rank() != 0) return 0;

  require_writable(csv);
  Dataset train;
  if (steps > 0) train = read_mnist_train(data), require_samples(train, batch);
  tell_numbers(number != 0 ? std::vector{number} : std::vector{1.0 / 3, 0.1, 257.0, 2049.0, 70000.0, 1e-5, 1e-7, 1e-8});
  tell_formats();
  if (steps == 0) return 0;

  const std::unique_ptr<Device> device = make_cpu_device();
  SerialTraining training(*device, {int(train.features()), 512, 256, int(train.classes)}, {}, int(batch), 1);
  std::vector<uint32_t> order;
  std::vector<Range> all;
  for (int64_t step = 0; step <= steps; ++step) {  // the last one is looked at
    const size_t in_epoch = all.empty() ? 0 : size_t(step) % all.size();
    if (in_epoch == 0) {
      all = batches(train.count, size_t(batch));
      order = permutation(1, uint32_t(size_t(step) / all.size()), train.count);
    }
    if (step < steps) {
      training.step(train, order, all[in_epoch]);
      continue;
    }
    const std::array<Numbers, 4> numbers = numbers_of_a_step(training, train, order, all[in_epoch]);
    tell_exponents(numbers);
    if (!csv.empty()) write_exponents(csv, numbers);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, tell); }
