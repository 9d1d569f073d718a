#include "chapters/11_fewer_bits/fewer_bits_cuda_device.h"

#include <stdexcept>

static uint16_t* words(float* p) { return reinterpret_cast<uint16_t*>(p); }
static const uint16_t* words(const float* p) { return reinterpret_cast<const uint16_t*>(p); }

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
  gpu_.widen(values, words(p), n, stream());
  return values;
}

// The same, as a product may have it: it rounds to nearest even itself, but keeps denormals.
const float* FewerBitsCudaDevice::operand(const float* p, size_t n, int room) {
  if (stored(p) || gpu_.product_rounds) return floats(p, n, room);
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
  gpu_.narrow(words(p), values, n, stream());
}

// The floats beside an activation, as many as it has numbers: their place stays.
Buffer<>& FewerBitsCudaDevice::beside(float* p) { return grown(beside_[p], stored_.at(p)); }

uint16_t* FewerBitsCudaDevice::words_view(float* p, size_t n) {
  return reinterpret_cast<uint16_t*>(FastCudaDevice::host_view(p, words_in_floats(n)));
}

void FewerBitsCudaDevice::add_words(float* p, const float* x, size_t step, int count, size_t n) {
  gpu_.sum(words(p), words(x), 2 * step, count, n, stream());
}

float* FewerBitsCudaDevice::host_view(float* p, size_t n) { return FastCudaDevice::host_view(stored(p) ? beside(p).data() : p, n); }

void FewerBitsCudaDevice::begin_copy_out(float* p, size_t n) {
  if (!stored(p)) return FastCudaDevice::begin_copy_out(p, n);
  float* const values = beside(p);
  gpu_.widen(values, words(p), n, stream());
  FastCudaDevice::begin_copy_out(values, n);
}

void FewerBitsCudaDevice::end_copy_out(float* p, size_t n) { FastCudaDevice::end_copy_out(stored(p) ? beside(p).data() : p, n); }

void FewerBitsCudaDevice::begin_copy_in(float* p, size_t n) { FastCudaDevice::begin_copy_in(stored(p) ? beside(p).data() : p, n); }

void FewerBitsCudaDevice::end_copy_in(float* p, size_t n) {
  if (!stored(p)) return FastCudaDevice::end_copy_in(p, n);
  float* const values = beside(p);
  FastCudaDevice::end_copy_in(values, n);
  gpu_.narrow(words(p), values, n, stream());
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

Bf16View FewerBitsCudaDevice::view(const float* p, int columns) const { return {p, stored(p), size_t(columns), 1}; }

// Of numbers as they are stored, where there is such a product; else of floats that are made of them.
void FewerBitsCudaDevice::product(float* c, const Bf16View& a, const Bf16View& b, int m, int n, int k, Finish finish) {
  if (gpu_.product) return gpu_.product(c, a, b, m, n, k, finish, stream());
  const auto floats = [&](const Bf16View& v, int rows, int columns, int room) {
    return MatrixView{operand(static_cast<const float*>(v.data), size_t(rows) * size_t(columns), room), v.row_step, v.column_step};
  };
  matmul(c, floats(a, m, k, 0), floats(b, k, n, 1), m, n, k, finish);
}

void FewerBitsCudaDevice::linear_forward(float* y, const float* x, const float* w, const float* b, Activation activation, int rows, int in,
                                         int out) {
  write(y, size_t(rows) * size_t(out), false, [&](float* values) {
    product(values, view(x, in), view(w, out), rows, out, in, {.bias = b, .activation = activation});
  });
}

void FewerBitsCudaDevice::linear_backward_weights(float* dw, const float* x, const float* dy, Write how, int rows, int in, int out) {
  product(dw, view(x, in).transposed(), view(dy, out), in, out, rows, {.write = how});
}

void FewerBitsCudaDevice::linear_backward_input(float* dx, const float* dy, const float* w, Write how, int rows, int in, int out) {
  write(dx, size_t(rows) * size_t(in), how == Write::accumulate,
        [&](float* values) { product(values, view(dy, out), view(w, out).transposed(), rows, in, out, {.write = how}); });
}

void FewerBitsCudaDevice::linear_backward_bias(float* db, const float* dy, Write how, int rows, int out) {
  FastCudaDevice::linear_backward_bias(db, floats(dy, size_t(rows) * size_t(out), 0), how, rows, out);
}

void FewerBitsCudaDevice::add_bias(float* y, const float* b, Activation activation, int rows, int out) {
  if (!stored(y)) return FastCudaDevice::add_bias(y, b, activation, rows, out);
  gpu_.add_bias(words(y), b, activation == Activation::relu, size_t(rows) * size_t(out), size_t(out), stream());
}

void FewerBitsCudaDevice::relu_backward(float* dy, const float* y, size_t n) {
  if (stored(y) && stored(dy)) return gpu_.relu_backward(words(dy), words(y), n, stream());
  const float* const outputs = floats(y, n, 0);
  write(dy, n, true, [&](float* values) { FastCudaDevice::relu_backward(values, outputs, n); });
}

// --- Vectors ---------------------------------------------------------------------------------------------------------

void FewerBitsCudaDevice::copy(float* to, const float* from, size_t n) {
  if (stored(to) && stored(from)) return FastCudaDevice::copy(to, from, words_in_floats(n));
  if (stored(to)) return gpu_.narrow(words(to), from, n, stream());
  if (stored(from)) return gpu_.widen(to, words(from), n, stream());
  FastCudaDevice::copy(to, from, n);
}

void FewerBitsCudaDevice::fill(float* p, float value, size_t n) {
  if (!stored(p)) return FastCudaDevice::fill(p, value, n);
  gpu_.fill(words(p), value, n, stream());
}

void FewerBitsCudaDevice::add(float* y, const float* x, size_t n) {
  const float* const other = floats(x, n, 0);
  if (!stored(y)) return FastCudaDevice::add(y, other, n);
  gpu_.add(words(y), other, n, stream());
}

void FewerBitsCudaDevice::scale(float* y, float factor, size_t n) {
  if (!stored(y)) return FastCudaDevice::scale(y, factor, n);
  gpu_.scale(words(y), factor, n, stream());
}
