// A CPU device whose products take operands of 16 bits, and which stores activations in 16 bits.
//
// What is rounded, to nearest even, and where:
//   * operands of a product (x, w, dy) when it reads them; x and dy are in 16 bits already where they are stored so
//   * activations and their gradients when an operation writes them: once, from the finished float
// Everything else is a float: sums of products, bias, weights and their gradients, softmax and loss, the optimizer. So the
// arithmetic contract of chapter 01's device holds: a product is chapter 01's of rounded operands.
// With bf16, products take denormals for zero (flush_denormals.h).
#pragma once

#include <map>

#include "chapters/01_serial/activation_store.h"
#include "chapters/01_serial/cpu_device.h"
#include "chapters/11_fewer_bits/sixteen_bits.h"

class FewerBitsDevice : public CpuDevice, public ActivationStore {
 public:
  // name: of sixteen_bits.h.  instruction: whether products of bf16 take the processor's instruction for them, where it has one; the
  // bits are the same.
  explicit FewerBitsDevice(const char* name, bool instruction = true);
  bool by_instruction() const { return by_instruction_; }

  Buffer<> allocate_activations(size_t n) override;  // 2 n bytes
  bool stores(const float* p) const override { return stored_.contains(p); }
  MessageFormat stored_as() const override { return {format_.narrow, format_.widen}; }

  // Messages take the numbers where they lie.
  uint16_t* words_view(float* p, size_t) override { return reinterpret_cast<uint16_t*>(p); }
  void begin_words_out(float*, size_t) override {}
  void end_words_out(float*, size_t) override {}
  void begin_words_in(float*, size_t) override {}
  void end_words_in(float*, size_t) override {}

  // The view of an activation is memory of its own, as on a GPU: floats, which begin_copy_in rounds.
  float* host_view(float* p, size_t n) override;
  void begin_copy_out(float* p, size_t n) override;
  void begin_copy_in(float* p, size_t n) override;

  void copy(float* to, const float* from, size_t n) override;
  void fill(float* p, float value, size_t n) override;
  void linear_forward(float* y, const float* x, const float* w, const float* b, Activation activation, int rows, int in,
                      int out) override;
  void linear_backward_weights(float* dw, const float* x, const float* dy, Write write, int rows, int in, int out) override;
  void linear_backward_bias(float* db, const float* dy, Write write, int rows, int out) override;
  void linear_backward_input(float* dx, const float* dy, const float* w, Write write, int rows, int in, int out) override;
  void matmul(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish) override;
  void relu_backward(float* dy, const float* y, size_t n) override;
  void add_bias(float* y, const float* b, Activation activation, int rows, int out) override;
  void add(float* y, const float* x, size_t n) override;
  void scale(float* y, float factor, size_t n) override;

 protected:
  void free_bytes(void* pointer) override;
  void copy_bytes_in(void* device, const void* host, size_t bytes) override;
  void copy_bytes_out(void* host, const void* device, size_t bytes) override;

 private:
  struct Stored {
    size_t n;
    std::vector<float> view;
  };
  Stored* stored(const void* p);
  const float* floats(const float* p, size_t n, int room);
  const float* operand(const float* p, size_t n, int room);
  template <class Work>
  void write(float* p, size_t n, bool reads, Work work);

  const SixteenBits& format_;
  bool by_instruction_;
  std::map<const void*, Stored> stored_;  // the activations
  std::vector<float> rooms_[3];           // for what an operation reads and writes
  std::vector<uint32_t> pairs_;
};
