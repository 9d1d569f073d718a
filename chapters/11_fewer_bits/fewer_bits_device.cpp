#include "chapters/11_fewer_bits/fewer_bits_device.h"

#include <algorithm>
#include <stdexcept>

#include "chapters/11_fewer_bits/bf16_product.h"
#include "chapters/11_fewer_bits/flush_denormals.h"

namespace {

float* room_for(std::vector<float>& room, size_t n) {
  if (room.size() < n) room.resize(n);
  return room.data();
}

}  // namespace

FewerBitsDevice::FewerBitsDevice(const char* name, bool instruction)
    : format_(sixteen_bits(name)),
      by_instruction_(instruction && format_.format.fraction_bits == bf16_format.fraction_bits && has_bf16_instruction()) {}

// --- Memory ----------------------------------------------------------------------------------------------------------

Buffer<> FewerBitsDevice::allocate_activations(size_t n) {
  Buffer<> buffer(*this, (n + 1) / 2, Purpose::activations);  // two in the place of a float
  stored_[buffer.data()] = {n, {}};
  return buffer;
}

void FewerBitsDevice::free_bytes(void* pointer) {
  stored_.erase(pointer);
  CpuDevice::free_bytes(pointer);
}

// What is known of p, if it is an activation. A part of one has no address that a float* could say.
FewerBitsDevice::Stored* FewerBitsDevice::stored(const void* p) {
  auto after = stored_.upper_bound(p);
  if (after == stored_.begin()) return nullptr;
  auto& [begin, it] = *--after;
  if (begin == p) return &it;
  if (p < static_cast<const uint16_t*>(begin) + it.n) throw std::logic_error("a part of an activation that is stored in 16 bits");
  return nullptr;
}

// n floats with the values at p, which is not written: themselves, or in a room.
const float* FewerBitsDevice::floats(const float* p, size_t n, int room) {
  if (!stored(p)) return p;
  float* values = room_for(rooms_[room], n);
  format_.widen(values, reinterpret_cast<const uint16_t*>(p), n);
  return values;
}

// The same, rounded.
const float* FewerBitsDevice::operand(const float* p, size_t n, int room) {
  if (stored(p)) return floats(p, n, room);
  float* values = room_for(rooms_[room], n);
  format_.round(values, p, n);
  return values;
}

// work(floats (n)), whose results are stored at p. reads: what was there is wanted, too.
template <class Work>
void FewerBitsDevice::write(float* p, size_t n, bool reads, Work work) {
  if (!stored(p)) return work(p);
  constexpr int room = 2;
  float* values = room_for(rooms_[room], n);
  if (reads) floats(p, n, room);
  work(values);
  format_.narrow(reinterpret_cast<uint16_t*>(p), values, n);
}

float* FewerBitsDevice::host_view(float* p, size_t) {
  Stored* it = stored(p);
  if (!it) return p;
  it->view.resize(it->n);  // when it is asked for, or copied to, for the first time
  return it->view.data();
}

void FewerBitsDevice::begin_copy_out(float* p, size_t n) {
  if (stored(p)) format_.widen(host_view(p, n), reinterpret_cast<const uint16_t*>(p), n);
}

void FewerBitsDevice::begin_copy_in(float* p, size_t n) {
  if (stored(p)) format_.narrow(reinterpret_cast<uint16_t*>(p), host_view(p, n), n);
}

void FewerBitsDevice::copy_bytes_in(void* device, const void* host, size_t bytes) {
  if (!stored(device)) return CpuDevice::copy_bytes_in(device, host, bytes);
  format_.narrow(static_cast<uint16_t*>(device), static_cast<const float*>(host), bytes / sizeof(float));
}

void FewerBitsDevice::copy_bytes_out(void* host, const void* device, size_t bytes) {
  if (!stored(device)) return CpuDevice::copy_bytes_out(host, device, bytes);
  format_.widen(static_cast<float*>(host), static_cast<const uint16_t*>(device), bytes / sizeof(float));
}

// --- A linear layer --------------------------------------------------------------------------------------------------

// By the instruction: of numbers as they are stored, which it packs and rounds itself. Otherwise of operands that are rounded already.
void FewerBitsDevice::matmul(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish) {
  if (!by_instruction_) return CpuDevice::matmul(c, a, b, m, n, k, finish);
  const auto view = [&](MatrixView of) { return Bf16View{of.data, stored(of.data) != nullptr, of.row_step, of.column_step}; };
  const FlushDenormals flush;
  matmul_bf16_instruction({c, stored(c) != nullptr}, view(a), view(b), m, n, k, finish, pairs_, meanwhile);
}

void FewerBitsDevice::linear_forward(float* y, const float* x, const float* w, const float* b, Activation activation, int rows,
                                     int in, int out) {
  if (by_instruction_) return CpuDevice::linear_forward(y, x, w, b, activation, rows, in, out);
  const float* const x_rounded = operand(x, size_t(rows) * size_t(in), 0);
  const float* const w_rounded = operand(w, size_t(in) * size_t(out), 1);
  const FlushDenormals flush(format_.format.exponent_bits == 8);
  write(y, size_t(rows) * size_t(out), false,
        [&](float* values) { CpuDevice::linear_forward(values, x_rounded, w_rounded, b, activation, rows, in, out); });
}

void FewerBitsDevice::linear_backward_weights(float* dw, const float* x, const float* dy, Write how, int rows, int in, int out) {
  if (by_instruction_) return CpuDevice::linear_backward_weights(dw, x, dy, how, rows, in, out);
  const float* const x_rounded = operand(x, size_t(rows) * size_t(in), 0);
  const float* const dy_rounded = operand(dy, size_t(rows) * size_t(out), 1);
  const FlushDenormals flush(format_.format.exponent_bits == 8);
  CpuDevice::linear_backward_weights(dw, x_rounded, dy_rounded, how, rows, in, out);
}

void FewerBitsDevice::linear_backward_input(float* dx, const float* dy, const float* w, Write how, int rows, int in, int out) {
  if (by_instruction_) return CpuDevice::linear_backward_input(dx, dy, w, how, rows, in, out);
  const float* const dy_rounded = operand(dy, size_t(rows) * size_t(out), 0);
  const float* const w_rounded = operand(w, size_t(in) * size_t(out), 1);
  const FlushDenormals flush(format_.format.exponent_bits == 8);
  write(dx, size_t(rows) * size_t(in), how == Write::accumulate,
        [&](float* values) { CpuDevice::linear_backward_input(values, dy_rounded, w_rounded, how, rows, in, out); });
}

void FewerBitsDevice::linear_backward_bias(float* db, const float* dy, Write how, int rows, int out) {
  CpuDevice::linear_backward_bias(db, floats(dy, size_t(rows) * size_t(out), 0), how, rows, out);
}

void FewerBitsDevice::add_bias(float* y, const float* b, Activation activation, int rows, int out) {
  write(y, size_t(rows) * size_t(out), true, [&](float* values) { CpuDevice::add_bias(values, b, activation, rows, out); });
}

void FewerBitsDevice::relu_backward(float* dy, const float* y, size_t n) {
  if (!stored(y) || !stored(dy)) {
    const float* const outputs = floats(y, n, 0);
    return write(dy, n, true, [&](float* values) { CpuDevice::relu_backward(values, outputs, n); });
  }
  const auto* const outputs = reinterpret_cast<const uint16_t*>(y);
  auto* const gradients = reinterpret_cast<uint16_t*>(dy);
  const int infinity = ((1 << format_.format.exponent_bits) - 1) << format_.format.fraction_bits;
  for (size_t i = 0; i < n; ++i) gradients[i] = outputs[i] > 0 && outputs[i] <= infinity ? gradients[i] : 0;  // a NaN is not positive
}

// --- Vectors ---------------------------------------------------------------------------------------------------------

void FewerBitsDevice::copy(float* to, const float* from, size_t n) {
  const float* const values = floats(from, n, 0);
  write(to, n, false, [&](float* results) { CpuDevice::copy(results, values, n); });
}

void FewerBitsDevice::fill(float* p, float value, size_t n) {
  write(p, n, false, [&](float* values) { CpuDevice::fill(values, value, n); });
}

void FewerBitsDevice::add(float* y, const float* x, size_t n) {
  const float* const other = floats(x, n, 0);
  write(y, n, true, [&](float* values) { CpuDevice::add(values, other, n); });
}

void FewerBitsDevice::scale(float* y, float factor, size_t n) {
  write(y, n, true, [&](float* values) { CpuDevice::scale(values, factor, n); });
}
