// The products that this chapter's programs check and measure.
#pragma once

#include <string>
#include <tuple>
#include <vector>

#include "chapters/01_serial/device.h"

namespace fast {

struct Shape {
  std::string name;
  int m, n, k;
  bool a_transposed, b_transposed;
  double gflop() const { return 2e-9 * m * n * k; }
  // Operations per byte, if each operand crosses the memory bus once: what the roofline allows depends on it.
  double flop_per_byte() const {
    return 2.0 * m * n * k / (4.0 * (double(m) * k + double(k) * n + double(m) * n));
  }
};

// The operands of a product on a device.
class Operands {
 public:
  Operands(Device& device, const Shape& s)
      : shape_(s),
        a_(device, size_t(s.m) * size_t(s.k), Purpose::workspace),
        b_(device, size_t(s.k) * size_t(s.n), Purpose::workspace),
        c_(device, size_t(s.m) * size_t(s.n), Purpose::workspace) {}
  void fill(const std::vector<float>& a, const std::vector<float>& b) {
    a_.device().copy_in(a_.data(), a.data(), a_.size());
    b_.device().copy_in(b_.data(), b.data(), b_.size());
  }
  MatrixView a() const {
    return shape_.a_transposed ? row_major(a_, shape_.m).transposed() : row_major(a_, shape_.k);
  }
  MatrixView b() const {
    return shape_.b_transposed ? row_major(b_, shape_.k).transposed() : row_major(b_, shape_.n);
  }
  float* c() const { return c_; }
  std::vector<float> result() const {
    std::vector<float> host(c_.size());
    c_.device().copy_out(host.data(), c_.data(), c_.size());
    return host;
  }

 private:
  Shape shape_;
  Buffer<> a_, b_, c_;
};

// The eight products of a training step: y = x w for every layer, dw = xT dy for every layer, dx = dy wT for all but the first.
inline std::vector<Shape> products_of_a_step(const std::vector<int>& sizes, int rows) {
  std::vector<Shape> all;
  for (size_t l = 0; l + 1 < sizes.size(); ++l) {
    const int in = sizes[l], out = sizes[l + 1];
    const std::string layer = ", layer " + std::to_string(l + 1);
    all.push_back({"x w" + layer, rows, out, in, false, false});
    all.push_back({"xT dy" + layer, in, out, rows, true, false});
    if (l > 0) all.push_back({"dy wT" + layer, rows, in, out, false, true});
  }
  return all;
}

// Small products whose sizes are multiples of nothing, and some that can be read as float4 to the edge.
inline std::vector<Shape> products_at_edges() {
  std::vector<Shape> all;
  for (const auto& [m, n, k] : {std::tuple{1, 1, 1}, {130, 10, 33}, {33, 129, 20}, {132, 136, 36}})
    for (int t = 0; t < 3; ++t) all.push_back({"edges", m, n, k, t == 1, t == 2});
  return all;
}

}  // namespace fast
