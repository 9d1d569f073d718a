#include "chapters/13_scaling/modelled_device.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "chapters/13_scaling/product_time.h"
#include "chapters/13_scaling/simulation.h"
#include "common/error.h"

// floats: numbers that are read from memory or written to it.
void ModelledDevice::take(double operations, double floats) {
  take_seconds(operations, operations / cluster_.operations_per_second, 4 * floats / cluster_.bytes_per_second);
}

void ModelledDevice::take_seconds(double operations, double arithmetic, double traffic) {
  if (within_) return;
  operations_ += operations;
  compute(slowness_ * (cluster_.launch + std::max(arithmetic, traffic)));
}

// c (m, n) = a (m, k) · b (k, n)
void ModelledDevice::take_product(int m, int n, int k) {
  if (m == 0 || n == 0) return;
  const double rows = m, columns = n, inner = k, floats = rows * columns + rows * inner + inner * columns;
  take_seconds(2 * rows * columns * inner, product_seconds(cluster_, m, n, k),
               cluster_.products.empty() ? 4 * floats / cluster_.bytes_per_second : 0);
}

// ---- Memory ----

void* ModelledDevice::allocate_bytes(size_t bytes) {
  double live = double(bytes);
  for (int p = 0; p < purposes; ++p) live += double(memory(Purpose(p)).live);
  if (cluster_.memory > 0 && live > cluster_.memory)
    throw Error("a rank needs more than the " + std::to_string(int64_t(cluster_.memory / 1e6)) +
                " MB that it has");
  void* const memory = new_memory(bytes);
  if (is_staged()) memory_[static_cast<char*>(memory)] = {bytes, nullptr};
  return memory;
}
void ModelledDevice::free_bytes(void* pointer) {
  if (!real_) return;
  if (const auto memory = memory_.extract(static_cast<char*>(pointer)); memory && memory.mapped().view)
    CpuDevice::free_bytes(memory.mapped().view);
  CpuDevice::free_bytes(pointer);
}
void ModelledDevice::copy_bytes_in(void* device, const void* host, size_t bytes) {
  if (is_staged()) wait_until(when_copied(bytes));
  if (real_) CpuDevice::copy_bytes_in(device, host, bytes);
}
void ModelledDevice::copy_bytes_out(void* host, const void* device, size_t bytes) {
  if (is_staged()) wait_until(when_copied(bytes));
  if (real_)
    CpuDevice::copy_bytes_out(host, device, bytes);
  else if (bytes > 0)
    std::memset(host, 0, bytes);
}

void ModelledDevice::copy(float* to, const float* from, size_t n) {
  take(0, 2 * double(n));
  if (real_) CpuDevice::copy(to, from, n);
}
void ModelledDevice::fill(float* p, float value, size_t n) {
  take(0, double(n));
  if (real_) CpuDevice::fill(p, value, n);
}

// ---- Copies between the two memories ----

float* ModelledDevice::host_view(float* p, size_t) {
  if (!is_staged()) return p;
  char* const address = reinterpret_cast<char*>(p);
  const auto behind = memory_.upper_bound(address);
  if (behind == memory_.begin()) throw std::logic_error("host_view: not memory of this device");
  auto& [begin, memory] = *std::prev(behind);
  if (!memory.view) memory.view = static_cast<char*>(new_memory(memory.bytes));
  return reinterpret_cast<float*>(memory.view + (address - begin));
}

double ModelledDevice::when_copied(size_t bytes) {
  return copied_ = std::max(copied_, virtual_time()) + double(bytes) / cluster_.staging_bytes_per_second;
}

void ModelledDevice::begin_copy(float* of, float* to, const float* from, size_t n) {
  if (!is_staged()) return;
  if (real_) std::copy_n(from, n, to);
  copies_[of] = when_copied(4 * n);
}

void ModelledDevice::end_copy(float* of) {
  if (const auto copy = copies_.extract(of)) wait_until(copy.mapped());
}

// ---- A linear layer ----

void ModelledDevice::linear_forward(float* y, const float* x, const float* w, const float* b,
                                    Activation activation, int rows, int in, int out) {
  take_product(rows, out, in);
  if (real_) CpuDevice::linear_forward(y, x, w, b, activation, rows, in, out);
}
void ModelledDevice::linear_backward_weights(float* dw, const float* x, const float* dy, Write write,
                                             int rows, int in, int out) {
  take_product(in, out, rows);
  if (real_) CpuDevice::linear_backward_weights(dw, x, dy, write, rows, in, out);
}
void ModelledDevice::linear_backward_bias(float* db, const float* dy, Write write, int rows, int out) {
  take(double(rows) * out, double(rows) * out);
  if (real_) CpuDevice::linear_backward_bias(db, dy, write, rows, out);
}
void ModelledDevice::linear_backward_input(float* dx, const float* dy, const float* w, Write write, int rows,
                                           int in, int out) {
  take_product(rows, in, out);
  if (real_) CpuDevice::linear_backward_input(dx, dy, w, write, rows, in, out);
}
// Its time is taken already, and without contents nobody computes: so nothing moves on here in either.
void ModelledDevice::matmul(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish) {
  const auto quiet = std::exchange(meanwhile, {});
  CpuDevice::matmul(c, a, b, m, n, k, finish);
  meanwhile = quiet;
}
void ModelledDevice::add_bias(float* y, const float* b, Activation activation, int rows, int out) {
  take(double(rows) * out, 2 * double(rows) * out);
  if (real_) CpuDevice::add_bias(y, b, activation, rows, out);
}
void ModelledDevice::relu_backward(float* dy, const float* y, size_t n) {
  take(double(n), 3 * double(n));
  if (real_) CpuDevice::relu_backward(dy, y, n);
}

// ---- Softmax cross-entropy ----

void ModelledDevice::softmax_cross_entropy(float* loss, float* dz, const float* z, const int* labels,
                                           float scale, int rows, int classes) {
  take(5 * double(rows) * classes, 2 * double(rows) * classes);
  within_ = true;
  if (real_) CpuDevice::softmax_cross_entropy(loss, dz, z, labels, scale, rows, classes);
  within_ = false;
}
void ModelledDevice::row_max(float* maximum, const float* z, int rows, int classes) {
  take(double(rows) * classes, double(rows) * classes);
  if (real_) CpuDevice::row_max(maximum, z, rows, classes);
}
void ModelledDevice::row_exp_sum(float* sum, const float* z, const float* maximum, int rows, int classes) {
  take(2 * double(rows) * classes, double(rows) * classes);
  if (real_) CpuDevice::row_exp_sum(sum, z, maximum, rows, classes);
}
void ModelledDevice::softmax_finish(float* loss, float* dz, const float* z, const float* maximum,
                                    const float* sum, const int* labels, float scale, int rows, int classes,
                                    int first_class) {
  take(3 * double(rows) * classes, 2 * double(rows) * classes);
  if (real_) CpuDevice::softmax_finish(loss, dz, z, maximum, sum, labels, scale, rows, classes, first_class);
}

// ---- Vectors ----

void ModelledDevice::add(float* y, const float* x, size_t n) {
  take(double(n), 3 * double(n));
  if (real_) CpuDevice::add(y, x, n);
}
void ModelledDevice::scale(float* y, float factor, size_t n) {
  take(double(n), 2 * double(n));
  if (real_) CpuDevice::scale(y, factor, n);
}
void ModelledDevice::sgd(float* w, const float* g, float rate, size_t n) {
  take(2 * double(n), 3 * double(n));
  if (real_) CpuDevice::sgd(w, g, rate, n);
}
void ModelledDevice::momentum(float* w, float* v, const float* g, float rate, float mu, size_t n) {
  take(4 * double(n), 5 * double(n));
  if (real_) CpuDevice::momentum(w, v, g, rate, mu, n);
}
void ModelledDevice::adam(float* w, float* m, float* v, const float* g, float rate, float beta1, float beta2,
                          float epsilon, int step, size_t n) {
  take(12 * double(n), 7 * double(n));
  if (real_) CpuDevice::adam(w, m, v, g, rate, beta1, beta2, epsilon, step, n);
}
