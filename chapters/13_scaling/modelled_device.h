// A device whose operations take the time that a rank of the simulated cluster would need, by the roofline:
//
//   launch + max(operations / operations_per_second, bytes / bytes_per_second)
//
// with each matrix read or written once. Williams, Waterman, Patterson: Roofline, CACM 52(4), 2009. A product of matrices: the operations of
// whole tiles and waves; or launch + what a measured one of nearly this shape took, its memory included (product_time.h).
//
// Where the cluster stages, MPI gets views in the host's memory, as from chapter 02's device, and a copy there or back takes its bytes /
// staging_bytes_per_second: one copy at a time, beside the operations.
//
// With Contents::real it computes as well, on the CPU device, with its bits. With Contents::none memory is addresses only, so
// that a network of any size fits; what is copied out of it is zero.
#pragma once

#include <map>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/13_scaling/cluster.h"
#include "chapters/13_scaling/ghost_memory.h"

enum class Contents { real, none };

class ModelledDevice : public CpuDevice {
 public:
  // Counts memory against cluster.memory.  The cluster must live as long.
  ModelledDevice(const Cluster& cluster, Contents contents)
      : cluster_(cluster), real_(contents == Contents::real) {}
  std::string name() const override { return "modelled"; }

  // slowness: 2 for a rank that needs twice the time for everything.
  void set_slowness(double slowness) { slowness_ = slowness; }
  double operations() const { return operations_; }  // so far

  void copy(float* to, const float* from, size_t n) override;
  void fill(float* p, float value, size_t n) override;

  float* host_view(float* p, size_t n) override;
  void begin_copy_out(float* p, size_t n) override { begin_copy(p, host_view(p, n), p, n); }
  void end_copy_out(float* p, size_t) override { end_copy(p); }
  void begin_copy_in(float* p, size_t n) override { begin_copy(p, p, host_view(p, n), n); }
  void end_copy_in(float* p, size_t) override { end_copy(p); }

  void linear_forward(float* y, const float* x, const float* w, const float* b, Activation activation,
                      int rows, int in, int out) override;
  void linear_backward_weights(float* dw, const float* x, const float* dy, Write write, int rows, int in,
                               int out) override;
  void linear_backward_bias(float* db, const float* dy, Write write, int rows, int out) override;
  void linear_backward_input(float* dx, const float* dy, const float* w, Write write, int rows, int in,
                             int out) override;
  void matmul(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish) override;
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

 protected:
  void* allocate_bytes(size_t bytes) override;
  void free_bytes(void* pointer) override;
  void copy_bytes_in(void* device, const void* host, size_t bytes) override;
  void copy_bytes_out(void* host, const void* device, size_t bytes) override;

 private:
  struct Memory {
    size_t bytes;
    char* view;  // of it, in the host's memory; null until it is asked for
  };
  bool is_staged() const { return cluster_.staging_bytes_per_second > 0; }
  void* new_memory(size_t bytes) { return real_ ? CpuDevice::allocate_bytes(bytes) : ghost_allocate(bytes); }
  void begin_copy(float* of, float* to, const float* from, size_t n);
  void end_copy(float* of);
  double when_copied(size_t bytes);  // if the copy is begun now
  void take(double operations, double floats);
  void take_seconds(double operations, double arithmetic, double traffic);
  void take_product(int m, int n, int k);

  const Cluster& cluster_;
  bool real_;
  bool within_ = false;  // an operation of the CPU device that calls others: its time is taken already
  double slowness_ = 1, operations_ = 0;
  std::map<char*, Memory> memory_;   // where the cluster stages: allocations
  std::map<float*, double> copies_;  // when those that have begun are over
  double copied_ = 0;                // the last of them
};
