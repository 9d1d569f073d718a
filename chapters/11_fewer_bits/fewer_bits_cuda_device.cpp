#include "chapters/11_fewer_bits/fewer_bits_cuda_device.h"

#include <stdexcept>

FewerBitsCudaDevice::FewerBitsCudaDevice(const char* name, int index)
    : FastCudaDevice(index), format_(sixteen_bits(name)), gpu_(gpu_conversions(name)) {
  set_matmul(gpu_.matmul);
}

// --- Memory ----------------------------------------------------------------------------------------------------------

Buffer<> FewerBitsCudaDevice::allocate_activations(size_t n) {
  Buffer<> buffer(*this, (n + 1) / 2, Purpose::activations);  // two in the place of a float
  stored_[buffer.data()] = n;
  return buffer;
}

void FewerBitsCudaDevice::free_bytes(void* pointer) {
  stored_.erase(pointer);
  FastCudaDevice::free_bytes(pointer);
}

// Whether p is an activation. A part of one has no address that a float* could say.
bool FewerBitsCudaDevice::stored(const void* p) const {
  auto after = stored_.upper_bound(p);
  if (after == stored_.begin()) return false;
  const auto& [begin, n] = *--after;
  if (begin != p && p < static_cast<const uint16_t*>(begin) + n) throw std::logic_error("a part of an activation that is stored in 16 bits");
  return begin == p;
}

Buffer<>& FewerBitsCudaDevice::grown(Buffer<>& buffer, size_t n) {
  if (buffer.size() < n) buffer = Buffer<>(*this, n, Purpose::workspace);
  return buffer;
}

// n floats with the values at p, which is not written: themselves, or in a room.
const float* FewerBitsCudaDevice::floats(const float* p, size_t n, int room) {
  if (!stored(p)) return p;
  float* const values = grown(rooms_[room], n);
  gpu_.widen(values, reinterpret_cast<const uint16_t*>(p), n, stream());
  return values;
}

// The same, rounded.
const float* FewerBitsCudaDevice::operand(const float* p, size_t n, int room) {
  if (stored(p)) return floats(p, n, room);
  float* const values = grown(rooms_[room], n);
  gpu_.round(values, p, n, stream());
  return values;
}

// work(floats (n)), whose results are stored at p. reads: what was there is wanted, too.
template <class Work>
void FewerBitsCudaDevice::write(float* p, size_t n, bool reads, Work work) {
  if (!stored(p)) return work(p);
  constexpr int room = 2;
  float* const values = grown(rooms_[room], n);
  if (reads) floats(p, n, room);
  work(values);
  gpu_.narrow(reinterpret_cast<uint16_t*>(p), values, n, stream());
}

// The floats beside an activation, as many as it has numbers: their place stays.
Buffer<>& FewerBitsCudaDevice::beside(float* p) { return grown(beside_[p], stored_.at(p)); }

float* FewerBitsCudaDevice::host_view(float* p, size_t n) { return FastCudaDevice::host_view(stored(p) ? beside(p).data() : p, n); }

void FewerBitsCudaDevice::begin_copy_out(float* p, size_t n) {
  if (!stored(p)) return FastCudaDevice::begin_copy_out(p, n);
  float* const values = beside(p);
  gpu_.widen(values, reinterpret_cast<const uint16_t*>(p), n, stream());
  FastCudaDevice::begin_copy_out(values, n);
}

void FewerBitsCudaDevice::end_copy_out(float* p, size_t n) { FastCudaDevice::end_copy_out(stored(p) ? beside(p).data() : p, n); }

void FewerBitsCudaDevice::begin_copy_in(float* p, size_t n) { FastCudaDevice::begin_copy_in(stored(p) ? beside(p).data() : p, n); }

void FewerBitsCudaDevice::end_copy_in(float* p, size_t n) {
  if (!stored(p)) return FastCudaDevice::end_copy_in(p, n);
  float* const values = beside(p);
  FastCudaDevice::end_copy_in(values, n);
  gpu_.narrow(reinterpret_cast<uint16_t*>(p), values, n, stream());
}

void FewerBitsCudaDevice::copy_bytes_in(void* device, const void* host, size_t bytes) {
  if (!stored(device)) return FastCudaDevice::copy_bytes_in(device, host, bytes);
  const size_t n = bytes / sizeof(float);
  float* const values = grown(rooms_[0], n);
  FastCudaDevice::copy_bytes_in(values, host, bytes);
  gpu_.narrow(static_cast<uint16_t*>(device), values, n, stream());
}

void FewerBitsCudaDevice::copy_bytes_out(void* host, const void* device, size_t bytes) {
  FastCudaDevice::copy_bytes_out(host, floats(static_cast<const float*>(device), bytes / sizeof(float), 0), bytes);
}

// --- A linear layer --------------------------------------------------------------------------------------------------

void FewerBitsCudaDevice::linear_forward(float* y, const float* x, const float* w, const float* b, Activation activation, int rows, int in,
                                         int out) {
  const float* const x_rounded = operand(x, size_t(rows) * size_t(in), 0);
  const float* const w_rounded = operand(w, size_t(in) * size_t(out), 1);
  write(y, size_t(rows) * size_t(out), false,
        [&](float* values) { FastCudaDevice::linear_forward(values, x_rounded, w_rounded, b, activation, rows, in, out); });
}

void FewerBitsCudaDevice::linear_backward_weights(float* dw, const float* x, const float* dy, Write how, int rows, int in, int out) {
  const float* const x_rounded = operand(x, size_t(rows) * size_t(in), 0);
  const float* const dy_rounded = operand(dy, size_t(rows) * size_t(out), 1);
  FastCudaDevice::linear_backward_weights(dw, x_rounded, dy_rounded, how, rows, in, out);
}

void FewerBitsCudaDevice::linear_backward_input(float* dx, const float* dy, const float* w, Write how, int rows, int in, int out) {
  const float* const dy_rounded = operand(dy, size_t(rows) * size_t(out), 0);
  const float* const w_rounded = operand(w, size_t(in) * size_t(out), 1);
  write(dx, size_t(rows) * size_t(in), how == Write::accumulate,
        [&](float* values) { FastCudaDevice::linear_backward_input(values, dy_rounded, w_rounded, how, rows, in, out); });
}

void FewerBitsCudaDevice::linear_backward_bias(float* db, const float* dy, Write how, int rows, int out) {
  FastCudaDevice::linear_backward_bias(db, floats(dy, size_t(rows) * size_t(out), 0), how, rows, out);
}

void FewerBitsCudaDevice::add_bias(float* y, const float* b, Activation activation, int rows, int out) {
  write(y, size_t(rows) * size_t(out), true, [&](float* values) { FastCudaDevice::add_bias(values, b, activation, rows, out); });
}

void FewerBitsCudaDevice::relu_backward(float* dy, const float* y, size_t n) {
  const float* const outputs = floats(y, n, 0);
  write(dy, n, true, [&](float* values) { FastCudaDevice::relu_backward(values, outputs, n); });
}

// --- Vectors ---------------------------------------------------------------------------------------------------------

void FewerBitsCudaDevice::copy(float* to, const float* from, size_t n) {
  const float* const values = floats(from, n, 0);
  write(to, n, false, [&](float* results) { FastCudaDevice::copy(results, values, n); });
}

void FewerBitsCudaDevice::fill(float* p, float value, size_t n) {
  write(p, n, false, [&](float* values) { FastCudaDevice::fill(values, value, n); });
}

void FewerBitsCudaDevice::add(float* y, const float* x, size_t n) {
  const float* const other = floats(x, n, 0);
  write(y, n, true, [&](float* values) { FastCudaDevice::add(values, other, n); });
}

void FewerBitsCudaDevice::scale(float* y, float factor, size_t n) {
  write(y, n, true, [&](float* values) { FastCudaDevice::scale(values, factor, n); });
}
