// The Device that computes on a GPU. Its memory is the GPU's own: the host reaches it by copies only.
//
// Operations are queued on a stream and return at once; the GPU works through the stream in order. Copies that run
// beside the computation are queued on a second stream; events tell one stream to wait for a point in the other:
//
//   compute stream   ...gradient of layer 3 | gradient of layer 2       | ...
//                                    event  v
//   copy stream                             | layer 3 to the host | event -> end_copy_out returns
//
// This header can be read by a plain C++ compiler; cuda_device.cu is CUDA.
#pragma once

#include <map>
#include <vector>

#include "chapters/01_serial/device.h"
#include "chapters/01_serial/matmul.h"
#include "chapters/02_cuda/stream.h"
#include "common/error.h"

// There is no GPU that this program can use. main() ends with status 77, by which a test can tell "not here" from "wrong".
struct NoGpu : Error {
  using Error::Error;
  int status() const override { return 77; }
};

class CudaDevice : public Device {
 public:
  // The GPU with this number, from 0.  Throws NoGpu.
  explicit CudaDevice(int index = 0);
  ~CudaDevice() override;

  std::string name() const override { return name_; }
  cudaStream_t stream() const { return stream_; }

  void copy(float* to, const float* from, size_t n) override;
  void fill(float* p, float value, size_t n) override;
  void synchronize() override;

  float* host_view(float* p, size_t n) override;
  void begin_copy_out(float* p, size_t n) override;
  void end_copy_out(float* p, size_t n) override;
  void begin_copy_in(float* p, size_t n) override;
  void end_copy_in(float* p, size_t n) override;

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

 protected:
  void* allocate_bytes(size_t bytes) override;
  void free_bytes(void* pointer) override;
  void copy_bytes_in(void* device, const void* host, size_t bytes) override;
  void copy_bytes_out(void* host, const void* device, size_t bytes) override;

 private:
  // An allocation and, once somebody asked for a view of it, pinned host memory of the same size.
  struct Memory {
    size_t bytes = 0;
    char* view = nullptr;
  };

  void copy_stream_waits();           // for the operations queued so far
  void note_copy(float* p);           // remembers the end of the copy that was just queued
  cudaEvent_t take_copy(float* p);    // the event that note_copy recorded
  void give_back(cudaEvent_t event);  // for the next copy

  std::string name_;
  cudaStream_t stream_ = nullptr, copy_stream_ = nullptr;
  std::map<char*, Memory> memory_;        // by the address of the first byte
  std::map<float*, cudaEvent_t> copies_;  // begun and not yet ended
  std::vector<cudaEvent_t> idle_events_;
  cudaEvent_t computed_ = nullptr;  // used by copy_stream_waits
  Buffer<> row_results_;            // maximum and sum of the rows in softmax_cross_entropy
};

// The GPUs of this machine, at least one.  Throws NoGpu: no driver, or nothing that it could drive.
int count_gpus();
// Throws NoGpu for a GPU that is older than those for which nvcc compiles here.
void require_capability(const std::string& name, int major, int minor);
// Bytes of memory that are free on one of them, from 0.
size_t free_gpu_memory(int index);
