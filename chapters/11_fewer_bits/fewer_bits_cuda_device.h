// FewerBitsDevice on a GPU: the same table of what is rounded where, products on tensor cores, activations of two bytes in the GPU's memory.
// Sums run in another order than on a CPU, so the bits are others; on any ranks' GPUs they are the same.
//
// A product of bf16 reads what is stored as it is, and other operations on an activation read and write its 16 bits in one kernel. Kernels of
// their own are the rounding of a product's result, and what makes floats of a gradient for the sum of a bias; of half, also what makes
// floats for a product.
#pragma once

#include <map>

#include "chapters/01_serial/activation_store.h"
#include "chapters/03_fast_kernels/fast_cuda_device.h"
#include "chapters/11_fewer_bits/gpu_conversions.h"
#include "chapters/11_fewer_bits/sixteen_bits.h"

class FewerBitsCudaDevice : public FastCudaDevice, public ActivationStore, public StoredWordSums {
 public:
  // name: of sixteen_bits.h.  Throws NoGpu, and Error if this GPU has no product of such numbers.
  explicit FewerBitsCudaDevice(const char* name, int index = 0);

  Buffer<> allocate_activations(size_t n) override;  // 2 n bytes
  bool stores(const float* p) const override { return stored_.contains(p); }
  MessageFormat stored_as() const override { return {format_.narrow, format_.widen}; }

  // For messages: memory of the host for the words as they lie in the GPU's.
  uint16_t* words_view(float* p, size_t n) override;
  void begin_words_out(float* p, size_t n) override { FastCudaDevice::begin_copy_out(p, words_in_floats(n)); }
  void end_words_out(float* p, size_t n) override { FastCudaDevice::end_copy_out(p, words_in_floats(n)); }
  void begin_words_in(float* p, size_t n) override { FastCudaDevice::begin_copy_in(p, words_in_floats(n)); }
  void end_words_in(float* p, size_t n) override { FastCudaDevice::end_copy_in(p, words_in_floats(n)); }
  void copy_words(float* to, const float* p, size_t n) override { add_words(to, p, 0, 1, n); }  // no word more: beside the last one stands nothing
  void add_words(float* p, const float* x, size_t step, int count, size_t n) override;

  // The view of an activation is one of floats that lie beside it.
  float* host_view(float* p, size_t n) override;
  void begin_copy_out(float* p, size_t n) override;
  void end_copy_out(float* p, size_t n) override;
  void begin_copy_in(float* p, size_t n) override;
  void end_copy_in(float* p, size_t n) override;

  void copy(float* to, const float* from, size_t n) override;
  void fill(float* p, float value, size_t n) override;
  void linear_forward(float* y, const float* x, const float* w, const float* b, Activation activation, int rows, int in,
                      int out) override;
  void linear_backward_weights(float* dw, const float* x, const float* dy, Write write, int rows, int in, int out) override;
  void linear_backward_bias(float* db, const float* dy, Write write, int rows, int out) override;
  void linear_backward_input(float* dx, const float* dy, const float* w, Write write, int rows, int in, int out) override;
  void relu_backward(float* dy, const float* y, size_t n) override;
  void add_bias(float* y, const float* b, Activation activation, int rows, int out) override;
  void add(float* y, const float* x, size_t n) override;
  void scale(float* y, float factor, size_t n) override;

 protected:
  void free_bytes(void* pointer) override;
  void copy_bytes_in(void* device, const void* host, size_t bytes) override;
  void copy_bytes_out(void* host, const void* device, size_t bytes) override;

 private:
  bool stored(const void* p) const;
  Buffer<>& grown(Buffer<>& buffer, size_t n);
  Buffer<>& beside(float* p);
  const float* floats(const float* p, size_t n, int room);
  const float* operand(const float* p, size_t n, int room);
  Bf16View view(const float* p, int columns) const;
  void product(float* c, const Bf16View& a, const Bf16View& b, int m, int n, int k, Finish finish);
  template <class Work>
  void write(float* p, size_t n, bool reads, Work work);

  const SixteenBits& format_;
  GpuConversions gpu_;
  std::map<const void*, size_t> stored_;     // the activations: how many numbers
  std::map<const void*, Buffer<>> beside_;   // of those that were asked for a view
  Buffer<> rooms_[3];                        // for what an operation reads and writes
};
