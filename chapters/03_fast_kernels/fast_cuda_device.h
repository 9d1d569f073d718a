// The CUDA device of chapter 02 with fast kernels. Which matrix product it uses can be chosen, for tests and benchmarks.
#pragma once

#include <map>

#include "chapters/01_serial/masked_gradient.h"
#include "chapters/02_cuda/cuda_device.h"
#include "chapters/03_fast_kernels/matmul.h"

class FastCudaDevice : public CudaDevice, public MaskedGradient {
 public:
  // Throws NoGpu.
  explicit FastCudaDevice(int index = 0, fast::Matmul* matmul = fast::matmul_three_shapes);
  ~FastCudaDevice() override;

  void set_matmul(fast::Matmul* matmul) { matmul_ = matmul; }
  // c (m, n) = finish(a (m, k) · b (k, n))
  void matmul(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish) {
    matmul_(c, a, b, m, n, k, finish, stream());
  }

  void linear_forward(float* y, const float* x, const float* w, const float* b, Activation activation,
                      int rows, int in, int out) override;
  void linear_backward_weights(float* dw, const float* x, const float* dy, Write write, int rows, int in,
                               int out) override;
  void linear_backward_bias(float* db, const float* dy, Write write, int rows, int out) override;
  void linear_backward_input(float* dx, const float* dy, const float* w, Write write, int rows, int in,
                             int out) override;
  // Where the product is step 14's.
  bool masks_gradients() const override { return matmul_ == fast::matmul_three_shapes; }
  void linear_backward_input_masked(float* dx, const float* dy, const float* w, const float* x, int rows, int in, int out) override;
  void softmax_cross_entropy(float* loss, float* dz, const float* z, const int* labels, float scale, int rows,
                             int classes) override;
  void momentum(float* w, float* v, const float* g, float rate, float mu, size_t n) override;
  void adam(float* w, float* m, float* v, const float* g, float rate, float beta1, float beta2, float epsilon,
            int step, size_t n) override;
  // A pool: what is allocated from now on and freed is kept, and handed out again. Then neither of them waits, where cudaFree waits for
  // the GPU and cudaMalloc and pinned memory for the driver. The memory is cudaMalloc's, so other processes can open it. A block that is
  // too small for what is asked for goes, the largest first: so at any time there are as many blocks as were in use at once.
  // false: all that nobody uses is given back.
  void keep_freed_memory(bool keep);
  size_t kept_bytes() const;  // of blocks that nobody uses

  float* host_view(float* p, size_t n) override;

  // From now on adam takes the number of its step from the device (fused.h, adam_counted); null: from its argument again.
  void count_adam_on_device(const float* corrections, const int* step) { corrections_ = corrections, adam_step_ = step; }

 protected:
  void* allocate_bytes(size_t bytes) override;
  void free_bytes(void* pointer) override;
  void copy_bytes_in(void* device, const void* host, size_t bytes) override;

 private:
  // Small copies in go through pinned memory of ours, so that the caller need not wait until the GPU has taken them.
  struct Staging {
    static constexpr size_t bytes = 64 << 10;
    char* memory = nullptr;
    cudaEvent_t taken = nullptr;
  };
  fast::Matmul* matmul_;
  Staging staging_[4];
  int next_staging_ = 0;
  // Memory of the pool. Operations are issued in order, so those of the next owner come behind those of the last one, copies too: they
  // have been ended. But the host may write a view at once, which a copy in of the last owner may still read.
  struct Block {
    size_t bytes = 0;
    cudaEvent_t freed = nullptr;
    bool view_is_read = false;  // perhaps, until `freed`
  };
  using Blocks = std::map<char*, Block>;
  void give_back(std::multimap<size_t, char*>::iterator idle);
  bool keeps_freed_ = false;
  Blocks blocks_;                       // of the pool, by address
  std::multimap<size_t, char*> idle_;  // those that nobody uses, by size

  const float* corrections_ = nullptr;
  const int* adam_step_ = nullptr;
};
