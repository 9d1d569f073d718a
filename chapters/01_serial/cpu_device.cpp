#include "chapters/01_serial/cpu_device.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

// --- Memory ----------------------------------------------------------------------------------------------------------

void* CpuDevice::allocate_bytes(size_t bytes) {
  constexpr size_t line = 64;
  void* pointer = std::aligned_alloc(line, std::max((bytes + line - 1) / line, size_t{1}) * line);
  if (!pointer) throw std::bad_alloc();
  return pointer;
}

void CpuDevice::free_bytes(void* pointer) { std::free(pointer); }
// A rank without rows has no memory for them on the host: null, which memcpy may not be given, not even for no bytes.
void CpuDevice::copy_bytes_in(void* device, const void* host, size_t bytes) {
  if (bytes > 0) std::memcpy(device, host, bytes);
}
void CpuDevice::copy_bytes_out(void* host, const void* device, size_t bytes) {
  if (bytes > 0) std::memcpy(host, device, bytes);
}
void CpuDevice::copy(float* to, const float* from, size_t n) { std::copy_n(from, n, to); }
void CpuDevice::fill(float* p, float value, size_t n) { std::fill_n(p, n, value); }

// --- A linear layer --------------------------------------------------------------------------------------------------

void CpuDevice::matmul(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish) {
  matmul_packed(c, a, b, m, n, k, finish, workspace_, meanwhile);
}

void CpuDevice::linear_forward(float* y, const float* x, const float* w, const float* b,
                               Activation activation, int rows, int in, int out) {
  matmul(y, row_major(x, in), row_major(w, out), rows, out, in, {.bias = b, .activation = activation});
}

void CpuDevice::linear_backward_weights(float* dw, const float* x, const float* dy, Write write, int rows,
                                        int in, int out) {
  matmul(dw, row_major(x, in).transposed(), row_major(dy, out), in, out, rows, {.write = write});
}

void CpuDevice::linear_backward_input(float* dx, const float* dy, const float* w, Write write, int rows,
                                      int in, int out) {
  matmul(dx, row_major(dy, out), row_major(w, out).transposed(), rows, in, out, {.write = write});
}

void CpuDevice::linear_backward_bias(float* db, const float* dy, Write write, int rows, int out) {
  row_results_.assign(size_t(out), 0.0f);
  float* sum = row_results_.data();
  for (int r = 0; r < rows; ++r, dy += out)
    for (int j = 0; j < out; ++j) sum[j] += dy[j];
  for (int j = 0; j < out; ++j) db[j] = write == Write::accumulate ? db[j] + sum[j] : sum[j];
}

void CpuDevice::add_bias(float* y, const float* b, Activation activation, int rows, int out) {
  for (int r = 0; r < rows; ++r, y += out)
    for (int j = 0; j < out; ++j) {
      const float value = y[j] + b[j];
      y[j] = activation == Activation::relu ? std::max(value, 0.0f) : value;
    }
}

void CpuDevice::relu_backward(float* dy, const float* y, size_t n) {
  for (size_t i = 0; i < n; ++i) dy[i] = y[i] > 0 ? dy[i] : 0.0f;
}

// --- Softmax cross-entropy -------------------------------------------------------------------------------------------

void CpuDevice::softmax_cross_entropy(float* loss, float* dz, const float* z, const int* labels, float scale,
                                      int rows, int classes) {
  row_results_.resize(2 * size_t(rows));
  float* maximum = row_results_.data();
  float* sum = maximum + rows;
  row_max(maximum, z, rows, classes);
  row_exp_sum(sum, z, maximum, rows, classes);
  softmax_finish(loss, dz, z, maximum, sum, labels, scale, rows, classes, 0);
}

void CpuDevice::row_max(float* maximum, const float* z, int rows, int classes) {
  for (int r = 0; r < rows; ++r, z += classes) {
    maximum[r] = -std::numeric_limits<float>::infinity();
    for (int j = 0; j < classes; ++j) maximum[r] = std::max(maximum[r], z[j]);
  }
}

void CpuDevice::row_exp_sum(float* sum, const float* z, const float* maximum, int rows, int classes) {
  for (int r = 0; r < rows; ++r, z += classes) {
    sum[r] = 0;
    for (int j = 0; j < classes; ++j) sum[r] += std::exp(z[j] - maximum[r]);
  }
}

void CpuDevice::softmax_finish(float* loss, float* dz, const float* z, const float* maximum, const float* sum,
                               const int* labels, float scale, int rows, int classes, int first_class) {
  for (int r = 0; r < rows; ++r, z += classes, dz += classes) {
    const int label = labels[r] - first_class;  // its column here, if it has one
    loss[r] = first_class == 0 && classes > 0 ? std::log(sum[r]) : 0.0f;
    if (label >= 0 && label < classes) loss[r] += maximum[r] - z[label];
    for (int j = 0; j < classes; ++j) {
      const float p = std::exp(z[j] - maximum[r]) / sum[r];
      dz[j] = scale * (p - (j == label ? 1.0f : 0.0f));
    }
  }
}

// --- Vectors ---------------------------------------------------------------------------------------------------------

void CpuDevice::add(float* y, const float* x, size_t n) {
  for (size_t i = 0; i < n; ++i) y[i] += x[i];
}

void CpuDevice::scale(float* y, float factor, size_t n) {
  for (size_t i = 0; i < n; ++i) y[i] *= factor;
}

void CpuDevice::sgd(float* w, const float* g, float rate, size_t n) {
  for (size_t i = 0; i < n; ++i) w[i] -= rate * g[i];
}

void CpuDevice::momentum(float* w, float* v, const float* g, float rate, float mu, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    v[i] = mu * v[i] + g[i];
    w[i] -= rate * v[i];
  }
}

void CpuDevice::adam(float* w, float* m, float* v, const float* g, float rate, float beta1, float beta2,
                     float epsilon, int step, size_t n) {
  // 1 - beta^step: what the average of the first `step` values is short of, because m and v started at zero.
  const float correction1 = float(1 - std::pow(double(beta1), step));
  const float correction2 = float(1 - std::pow(double(beta2), step));
  for (size_t i = 0; i < n; ++i) {
    m[i] = beta1 * m[i] + (1 - beta1) * g[i];
    v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
    w[i] -= rate * (m[i] / correction1) / (std::sqrt(v[i] / correction2) + epsilon);
  }
}

std::unique_ptr<Device> make_cpu_device() { return std::make_unique<CpuDevice>(); }
