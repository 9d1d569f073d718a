// Where the arithmetic of a network happens: on the CPU (this chapter) or on a GPU (chapters 02 and 03).
//
// A Device owns memory and offers the few operations that an MLP needs. Everything above it (Mlp, the training loops,
// the exchange between processes) is written once and does not know which device it has.
//
//   * Matrices are row-major floats: x (rows, in), w (in, out), y (rows, out) = x · w + b.
//   * Arguments: output first, then inputs, then sizes. Pointers are device memory unless they are called host.
//   * An operation may return before it has finished. copy_out and synchronize wait; operations start in order.
//
// The arithmetic contract, which makes parallel training comparable with serial training bit by bit on one device:
//   1. An element of a product is one sum over k, ascending, cut into blocks of a constant length. Its bits depend on
//      its row of the left matrix and its column of the right matrix alone: not on how many rows or columns are
//      computed with it, nor on where it lies among them.
//   2. Write::accumulate adds the finished sum once.
//   3. Column sums (the bias gradient) run over rows, ascending.
//   4. An optimizer update of [0, n) equals the updates of [0, s) and [s, n).
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "chapters/01_serial/product.h"

// What a piece of memory is for. Live and peak bytes are counted per purpose.
enum class Purpose { parameters, gradients, optimizer, activations, exchange, workspace };
inline constexpr int purposes = 6;
const char* name_of(Purpose purpose);

struct MemoryCount {
  size_t live = 0, peak = 0;  // bytes as requested
};

class Device {
 public:
  virtual ~Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  virtual std::string name() const = 0;

  // --- Memory. Sizes are in elements. ------------------------------------------------------------------------------

  // n elements, not initialized, aligned to 64 bytes.  n == 0 gives a pointer that may only be freed.
  // Throws std::bad_alloc if there is not enough memory.
  template <class T = float>
  T* allocate(size_t n, Purpose purpose) {
    return static_cast<T*>(allocate_counted(n * sizeof(T), purpose));
  }
  void free(void* pointer);  // of a null pointer: nothing

  MemoryCount memory(Purpose purpose) const { return memory_[size_t(purpose)]; }
  void reset_peaks();  // peak = live, for every purpose

  // Between host memory and device memory. The host side may be reused when the call returns.
  template <class T>
  void copy_in(T* device, const T* host, size_t n) {
    copy_bytes_in(device, host, n * sizeof(T));
  }
  template <class T>
  void copy_out(T* host, const T* device, size_t n) {
    copy_bytes_out(host, device, n * sizeof(T));
  }
  // Within the device; the ranges do not overlap.
  virtual void copy(float* to, const float* from, size_t n) = 0;
  virtual void fill(float* p, float value, size_t n) = 0;
  virtual void synchronize() = 0;

  // --- Memory that MPI may read and write: for chapters 02 to 04, skip it now ---------------------------------------

  // A host pointer that stands for the device range [p, p + n), valid until that memory is freed. On the CPU it is p
  // itself: no copy. On a GPU it is pinned memory beside the range.
  // The ranges of one allocation lie in their views as they lie on the device: host_view(p + i) == host_view(p) + i.
  virtual float* host_view(float* p, size_t n) = 0;

  // Copies between a range and its view, each begun and then ended with the same arguments; they take place in the order in
  // which they were begun. begin_copy_out starts after the operations issued so far; end_copy_out waits until the view holds
  // the data, and meanwhile nothing may write the range. begin_copy_in starts to read the view; operations issued after
  // end_copy_in see its data. The view may be written again when the host has waited for something later: a copy_out, a
  // synchronize, or the end of a copy out that was begun afterwards. On the CPU all four do nothing.
  virtual void begin_copy_out(float* p, size_t n) = 0;
  virtual void end_copy_out(float* p, size_t n) = 0;
  virtual void begin_copy_in(float* p, size_t n) = 0;
  virtual void end_copy_in(float* p, size_t n) = 0;

  // For chapters 06 to 10, skip it now: what a CPU calls again and again while it multiplies, so that messages that are under
  // way move on: MPI works only inside its calls. A GPU needs none, its host is free meanwhile.
  std::function<void()> meanwhile;

  // --- A linear layer ----------------------------------------------------------------------------------------------

  // y (rows, out) = activation(x (rows, in) · w (in, out) + b (out)).  b may be null: nothing is added.
  virtual void linear_forward(float* y, const float* x, const float* w, const float* b, Activation activation,
                              int rows, int in, int out) = 0;
  // dw (in, out) [+]= xᵀ (in, rows) · dy (rows, out)
  virtual void linear_backward_weights(float* dw, const float* x, const float* dy, Write write, int rows,
                                       int in, int out) = 0;
  // db (out) [+]= sum over rows of dy (rows, out)
  virtual void linear_backward_bias(float* db, const float* dy, Write write, int rows, int out) = 0;
  // dx (rows, in) [+]= dy (rows, out) · wᵀ (out, in)
  virtual void linear_backward_input(float* dx, const float* dy, const float* w, Write write, int rows,
                                     int in, int out) = 0;
  // dy (n) = y (n) > 0 ? dy : 0, in place; y is the output of the activation.
  virtual void relu_backward(float* dy, const float* y, size_t n) = 0;

  // For chapter 09, skip it now: y (rows, out) = activation(y + b (out)), the end of linear_forward, for a product that
  // was summed over several ranks first.
  virtual void add_bias(float* y, const float* b, Activation activation, int rows, int out) = 0;

  // --- Softmax cross-entropy ---------------------------------------------------------------------------------------

  // One row of z (rows, classes) with label t:  p = softmax(z),  loss = -log p_t,  dz = scale · (p - onehot(t)).
  // loss (rows), dz (rows, classes); dz may be z itself.  Labels outside [0, classes) select no class.
  // Never overflows: the row's maximum is subtracted first.
  virtual void softmax_cross_entropy(float* loss, float* dz, const float* z, const int* labels, float scale,
                                     int rows, int classes) = 0;
  // For chapter 09, skip it now: the same in three steps, for classes that are split over ranks. This device holds the
  // columns [first_class, first_class + classes) of z, and the first two results are combined over ranks in between.
  // maximum (rows) = max over columns of z; -infinity for no columns.
  virtual void row_max(float* maximum, const float* z, int rows, int classes) = 0;
  // sum (rows) = sum over columns of exp(z - maximum (rows))
  virtual void row_exp_sum(float* sum, const float* z, const float* maximum, int rows, int classes) = 0;
  // dz as above.  loss (rows) is this device's share, to be summed over ranks: log(sum) where it holds class 0, plus
  // maximum - z_t where it holds the label's column. (log(sum) + maximum first would lose log(sum) beside a large
  // maximum.)
  virtual void softmax_finish(float* loss, float* dz, const float* z, const float* maximum, const float* sum,
                              const int* labels, float scale, int rows, int classes, int first_class) = 0;

  // --- Vectors -----------------------------------------------------------------------------------------------------

  virtual void add(float* y, const float* x, size_t n) = 0;  // y += x
  virtual void scale(float* y, float factor, size_t n) = 0;  // y *= factor
  // w -= rate · g
  virtual void sgd(float* w, const float* g, float rate, size_t n) = 0;
  // v = mu · v + g;  w -= rate · v.  Polyak, "Some methods of speeding up the convergence of iteration methods", 1964,
  // in the form of Sutskever et al., "On the importance of initialization and momentum", ICML 2013, with the rate
  // outside of v.
  virtual void momentum(float* w, float* v, const float* g, float rate, float mu, size_t n) = 0;
  // Kingma, Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.  step counts from 1.
  virtual void adam(float* w, float* m, float* v, const float* g, float rate, float beta1, float beta2,
                    float epsilon, int step, size_t n) = 0;

 protected:
  Device() = default;
  virtual void* allocate_bytes(size_t bytes) = 0;
  virtual void free_bytes(void* pointer) = 0;
  virtual void copy_bytes_in(void* device, const void* host, size_t bytes) = 0;
  virtual void copy_bytes_out(void* host, const void* device, size_t bytes) = 0;

 private:
  struct Allocation {
    size_t bytes;
    Purpose purpose;
  };
  void* allocate_counted(size_t bytes, Purpose purpose);

  std::unordered_map<void*, Allocation> allocations_;
  std::array<MemoryCount, purposes> memory_;
};

// Memory of a device that is freed at the end of the scope.  Like std::unique_ptr, a const Buffer is one that keeps its
// memory; what lies there may still be written.
template <class T = float>
class Buffer {
 public:
  Buffer() = default;
  Buffer(Device& device, size_t n, Purpose purpose)
      : device_(&device), data_(device.allocate<T>(n, purpose)), size_(n) {}
  ~Buffer() {
    if (device_) device_->free(data_);
  }
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    swap(other);
    return *this;
  }

  Device& device() const { return *device_; }
  T* data() const { return data_; }
  operator T*() const { return data_; }
  size_t size() const { return size_; }

 private:
  void swap(Buffer& other) {
    std::swap(device_, other.device_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }
  Device* device_ = nullptr;
  T* data_ = nullptr;
  size_t size_ = 0;
};

// The device of this chapter (cpu_device.h).
std::unique_ptr<Device> make_cpu_device();
