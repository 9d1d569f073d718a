// A device that does everything as late as device.h allows, as a GPU that is busy may: operations wait in a queue until the host
// waits for them, a copy reads its view only then, and what is not there yet is NaN. A program that writes a view which a copy still
// reads, or reads what has not arrived, is right on a CpuDevice and on most days on a GPU; here it is wrong every time.
// The other extreme, `at_once`: everything happens when it is called, so a copy in that is begun before the message is there is wrong.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <vector>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/03_fast_kernels/make_device.h"

class LateDevice : public CpuDevice {
 public:
  explicit LateDevice(bool at_once = false) : at_once_(at_once) {}
  ~LateDevice() override { run(); }
  std::string name() const override { return "late"; }

  void synchronize() override { run(); }
  float* host_view(float* p, size_t n) override {
    const auto found = views_.upper_bound(p);
    if (found == views_.begin()) throw std::logic_error("host_view: not memory of this device");
    auto& [base, view] = *std::prev(found);
    if (size_t(p - base) + n >= view.size()) throw std::logic_error("host_view: beyond its allocation");
    return view.data() + (p - base);
  }
  void begin_copy_out(float* p, size_t n) override {
    begin(p);
    const auto nothing_yet = [n, view = host_view(p, n)] { std::fill_n(view, n, NAN); };
    if (queue_.empty()) nothing_yet();
    else later(nothing_yet);  // a copy that was begun before may still read the view
  }
  void end_copy_out(float* p, size_t n) override {
    end(p);
    run();
    std::copy_n(p, n, host_view(p, n));
    ++copies_out;
  }
  // Whoever reads p between the two reads garbage.
  void begin_copy_in(float* p, size_t n) override {
    begin(p);
    later([=] { std::fill_n(p, n, NAN); });
  }
  void end_copy_in(float* p, size_t n) override {
    end(p);
    later([=, from = host_view(p, n)] { std::copy_n(from, n, p); });
  }

  void copy(float* to, const float* from, size_t n) override { later([=, this] { CpuDevice::copy(to, from, n); }); }
  void fill(float* p, float value, size_t n) override { later([=, this] { CpuDevice::fill(p, value, n); }); }
  void linear_forward(float* y, const float* x, const float* w, const float* b, Activation a, int rows, int in, int out) override {
    later([=, this] { CpuDevice::linear_forward(y, x, w, b, a, rows, in, out); });
  }
  void linear_backward_weights(float* dw, const float* x, const float* dy, Write write, int rows, int in, int out) override {
    later([=, this] { CpuDevice::linear_backward_weights(dw, x, dy, write, rows, in, out); });
  }
  void linear_backward_bias(float* db, const float* dy, Write write, int rows, int out) override {
    later([=, this] { CpuDevice::linear_backward_bias(db, dy, write, rows, out); });
  }
  void linear_backward_input(float* dx, const float* dy, const float* w, Write write, int rows, int in, int out) override {
    later([=, this] { CpuDevice::linear_backward_input(dx, dy, w, write, rows, in, out); });
  }
  void add_bias(float* y, const float* b, Activation a, int rows, int out) override {
    later([=, this] { CpuDevice::add_bias(y, b, a, rows, out); });
  }
  void relu_backward(float* dy, const float* y, size_t n) override { later([=, this] { CpuDevice::relu_backward(dy, y, n); }); }
  void softmax_cross_entropy(float* loss, float* dz, const float* z, const int* labels, float factor, int rows, int classes) override {
    later([=, this] { CpuDevice::softmax_cross_entropy(loss, dz, z, labels, factor, rows, classes); });
  }
  void row_max(float* maximum, const float* z, int rows, int classes) override {
    later([=, this] { CpuDevice::row_max(maximum, z, rows, classes); });
  }
  void row_exp_sum(float* sum, const float* z, const float* maximum, int rows, int classes) override {
    later([=, this] { CpuDevice::row_exp_sum(sum, z, maximum, rows, classes); });
  }
  void softmax_finish(float* loss, float* dz, const float* z, const float* maximum, const float* sum, const int* labels, float factor,
                      int rows, int classes, int first) override {
    later([=, this] { CpuDevice::softmax_finish(loss, dz, z, maximum, sum, labels, factor, rows, classes, first); });
  }
  void add(float* y, const float* x, size_t n) override { later([=, this] { CpuDevice::add(y, x, n); }); }
  void scale(float* y, float factor, size_t n) override { later([=, this] { CpuDevice::scale(y, factor, n); }); }
  void sgd(float* w, const float* g, float rate, size_t n) override { later([=, this] { CpuDevice::sgd(w, g, rate, n); }); }
  void momentum(float* w, float* v, const float* g, float rate, float mu, size_t n) override {
    later([=, this] { CpuDevice::momentum(w, v, g, rate, mu, n); });
  }
  void adam(float* w, float* m, float* v, const float* g, float rate, float beta1, float beta2, float epsilon, int step,
            size_t n) override {
    later([=, this] { CpuDevice::adam(w, m, v, g, rate, beta1, beta2, epsilon, step, n); });
  }

  int copies_out = 0;  // to views

 protected:
  void* allocate_bytes(size_t bytes) override {
    void* p = CpuDevice::allocate_bytes(bytes);
    std::memset(p, 0xff, bytes);  // NaN, too
    views_[static_cast<float*>(p)].assign(bytes / sizeof(float) + 1, NAN);
    return p;
  }
  void free_bytes(void* p) override {
    run();
    views_.erase(static_cast<float*>(p));
    CpuDevice::free_bytes(p);
  }
  void copy_bytes_in(void* device, const void* host, size_t bytes) override {
    std::vector<char> now(static_cast<const char*>(host), static_cast<const char*>(host) + bytes);
    // Not memcpy, here and below: of nothing, from nowhere, it is undefined.
    later([=, kept = std::move(now)] { std::copy(kept.begin(), kept.end(), static_cast<char*>(device)); });
  }
  void copy_bytes_out(void* host, const void* device, size_t bytes) override {
    run();
    std::copy_n(static_cast<const char*>(device), bytes, static_cast<char*>(host));
  }

 private:
  void later(std::function<void()> operation) {
    if (running_ || at_once_) return operation();  // running: a part of another one
    queue_.push_back(std::move(operation));
  }
  void run() {
    running_ = true;
    for (; !queue_.empty(); queue_.pop_front()) queue_.front()();
    running_ = false;
  }
  void begin(float* p) {
    if (!copies_.insert(p).second) throw std::logic_error("a copy of this range was begun twice");
  }
  void end(float* p) {
    if (copies_.erase(p) == 0) throw std::logic_error("a copy was ended that had not begun");
  }

  std::deque<std::function<void()>> queue_;
  bool at_once_, running_ = false;
  std::set<float*> copies_;
  std::map<float*, std::vector<float>> views_;
};

// "cpu", "late", or what make_device knows.
inline std::unique_ptr<Device> test_device(const std::string& name, int node_rank = 0) {
  if (name == "late") return std::make_unique<LateDevice>();
  return make_device(name, node_rank);
}
