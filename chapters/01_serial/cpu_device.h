// The Device that computes on one core of the host. Its memory is ordinary memory, and every operation has finished when
// it returns.
#pragma once

#include <vector>

#include "chapters/01_serial/device.h"
#include "chapters/01_serial/matmul.h"

class CpuDevice : public Device {
 public:
  std::string name() const override { return "cpu"; }

  void copy(float* to, const float* from, size_t n) override;
  void fill(float* p, float value, size_t n) override;
  void synchronize() override {}

  float* host_view(float* p, size_t) override { return p; }
  void begin_copy_out(float*, size_t) override {}
  void end_copy_out(float*, size_t) override {}
  void begin_copy_in(float*, size_t) override {}
  void end_copy_in(float*, size_t) override {}

  void linear_forward(float* y, const float* x, const float* w, const float* b, Activation activation,
                      int rows, int in, int out) override;
  void linear_backward_weights(float* dw, const float* x, const float* dy, Write write, int rows, int in,
                               int out) override;
  void linear_backward_bias(float* db, const float* dy, Write write, int rows, int out) override;
  void linear_backward_input(float* dx, const float* dy, const float* w, Write write, int rows, int in,
                             int out) override;
  void add_bias(float* y, const float* b, Activation activation, int rows, int out) override;
  void relu_backward(float* dy, const float* y, size_t n) override;

  void softmax_cross_entropy(float* loss, float* dz, const float* z, const int* labels, float scale, int rows,
                             int classes) override;
  void row_max(float* maximum, const float* z, int rows, int classes) override;
  void row_exp_sum(float* sum, const float* z, const float* maximum, int rows, int classes) override;
  void softmax_finish(float* loss, float* dz, const float* z, const float* maximum, const float* sum,
                      const int* labels, float scale, int rows, int classes, int first_class) override;

  void add(float* y, const float* x, size_t n) override;
  void scale(float* y, float factor, size_t n) override;
  void sgd(float* w, const float* g, float rate, size_t n) override;
  void momentum(float* w, float* v, const float* g, float rate, float mu, size_t n) override;
  void adam(float* w, float* m, float* v, const float* g, float rate, float beta1, float beta2, float epsilon,
            int step, size_t n) override;

  // The one place where products are computed, so that a benchmark can put another routine in.
  // c (m, n) = finish(a (m, k) · b (k, n))
  virtual void matmul(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish);

 protected:
  void* allocate_bytes(size_t bytes) override;
  void free_bytes(void* pointer) override;
  void copy_bytes_in(void* device, const void* host, size_t bytes) override;
  void copy_bytes_out(void* host, const void* device, size_t bytes) override;

 private:
  MatmulWorkspace workspace_;
  std::vector<float> row_results_;
};
