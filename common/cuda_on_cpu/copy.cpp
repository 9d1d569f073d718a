// Copies and fills. Arguments are checked at the call; the work itself is queued where CUDA may be late: device to
// device, fills, and copies from or to pinned memory. A copy from or to pageable memory is done at once.
#include <cstring>

#include "common/cuda_on_cpu/runtime.h"

// For the judges of exercises: copies from the device to the host.
extern "C" {
unsigned long cuda_on_cpu_copies_out = 0;
}

namespace cuda_on_cpu {

namespace {

bool on_device(MemoryKind kind) { return kind == MemoryKind::device || kind == MemoryKind::symbol; }

// Bytes from `pointer` to the end of what it points into; no limit is known for host memory.
size_t room_at(const void* pointer) {
  const char* p = static_cast<const char*>(pointer);
  if (Allocation* a = allocation_near(pointer))
    return a->freed || p < a->begin || p > a->begin + a->bytes ? 0 : static_cast<size_t>(a->begin + a->bytes - p);
  for (const Section& section : device_sections())
    if (p >= section.begin && p < section.end) return static_cast<size_t>(section.end - p);
  return SIZE_MAX;
}

// One side of a copy of `bytes` bytes: must it be on the device, is it, does it fit?
cudaError_t check_side(const char* call, const char* side, const void* pointer, size_t bytes, bool device, bool any, SourceLine source) {
  MemoryKind kind = kind_of(pointer);
  if (!any && device && !on_device(kind) && kind != MemoryKind::freed)
    return refuse(cudaErrorInvalidValue, source, "%s: the %s is host memory, but the kind of copy says device", call, side);
  if (!any && !device && on_device(kind))
    return refuse(cudaErrorInvalidValue, source, "%s: the %s is device memory, but the kind of copy says host", call, side);
  if (kind == MemoryKind::freed)
    return refuse(cudaErrorInvalidValue, source, "%s: the %s was freed: %s", call, side, describe(pointer).c_str());
  if (bytes > room_at(pointer))
    return refuse(cudaErrorInvalidValue, source, "%s: %zu bytes do not fit into the %s, which is %s", call, bytes, side,
                  describe(pointer).c_str());
  return cudaSuccess;
}

cudaError_t check_copy(const char* call, const void* to, size_t to_bytes, const void* from, size_t from_bytes,
                       cudaMemcpyKind kind, SourceLine source) {
  if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault)
    return refuse(cudaErrorInvalidMemcpyDirection, source, "%s: kind %d", call, static_cast<int>(kind));
  bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  cudaError_t error = check_side(call, "destination", to, to_bytes, to_device, kind == cudaMemcpyDefault, source);
  if (error != cudaSuccess) return error;
  return check_side(call, "source", from, from_bytes, from_device, kind == cudaMemcpyDefault, source);
}

struct Copy {
  void* to;
  size_t to_pitch;
  const void* from;
  size_t from_pitch;
  size_t width, height;

  void operator()() const {
    for (size_t row = 0; row < height; ++row) {
      char* row_to = static_cast<char*>(to) + row * to_pitch;
      const char* row_from = static_cast<const char*>(from) + row * from_pitch;
      std::memmove(row_to, row_from, width);
      if (observer) observer->copied(row_to, row_from, width);
    }
  }
};

cudaError_t run_copy(const char* call, const Copy& copy, cudaMemcpyKind kind, cudaStream_t stream, bool wait, SourceLine source) {
  BEGIN_CALL
  if (!valid_stream(stream)) return refuse(cudaErrorInvalidResourceHandle, source, "%s: no such stream", call);
  if (copy.width == 0 || copy.height == 0) return cudaSuccess;
  if (copy.to_pitch < copy.width || copy.from_pitch < copy.width)
    return refuse(cudaErrorInvalidValue, source, "%s: the width exceeds the pitch", call);
  cudaError_t error = check_copy(call, copy.to, copy.to_pitch * (copy.height - 1) + copy.width, copy.from,
                                 copy.from_pitch * (copy.height - 1) + copy.width, kind, source);
  if (error != cudaSuccess) return error;
  cuda_on_cpu_copies_out += !on_device(kind_of(copy.to)) && on_device(kind_of(copy.from));
  if (wait)
    if (error = refuse_in_capture(source, call); error != cudaSuccess) return error;
  error = submit(stream, source, copy);
  bool pageable = kind_of(copy.to) == MemoryKind::host || kind_of(copy.from) == MemoryKind::host;
  if (error == cudaSuccess && (wait || pageable)) error = drain_stream(stream);  // a capture has nothing to drain
  return error;
}

cudaError_t run_fill(const char* call, void* pointer, int value, size_t bytes, cudaStream_t stream, SourceLine source) {
  BEGIN_CALL
  if (!valid_stream(stream)) return refuse(cudaErrorInvalidResourceHandle, source, "%s: no such stream", call);
  if (bytes == 0) return cudaSuccess;
  if (kind_of(pointer) == MemoryKind::host) return refuse(cudaErrorInvalidValue, source, "%s: the destination is host memory", call);
  if (cudaError_t error = check_side(call, "destination", pointer, bytes, true, true, source); error != cudaSuccess) return error;
  return submit(stream, source, [=] {
    std::memset(pointer, value, bytes);
    if (observer) observer->host_wrote(pointer, bytes);
  });
}

cudaError_t check_symbol(const char* call, const void* symbol, size_t symbol_bytes, size_t bytes, size_t offset, SourceLine source) {
  if (kind_of(symbol) != MemoryKind::symbol)
    return refuse(cudaErrorInvalidSymbol, source, "%s: not a __device__ or __constant__ variable", call);
  if (offset > symbol_bytes || bytes > symbol_bytes - offset)
    return refuse(cudaErrorInvalidValue, source, "%s: %zu bytes at offset %zu of a variable of %zu bytes", call, bytes,
                  offset, symbol_bytes);
  return cudaSuccess;
}

}  // namespace

cudaError_t copy_to_symbol(void* symbol, size_t symbol_bytes, const void* from, size_t bytes, size_t offset,
                           cudaMemcpyKind kind, cudaStream_t stream, bool wait, SourceLine source) {
  const char* call = "cudaMemcpyToSymbol";
  if (cudaError_t error = check_symbol(call, symbol, symbol_bytes, bytes, offset, source); error != cudaSuccess) return error;
  return run_copy(call, {static_cast<char*>(symbol) + offset, bytes, from, bytes, bytes, 1}, kind, stream, wait, source);
}

cudaError_t copy_from_symbol(void* to, const void* symbol, size_t symbol_bytes, size_t bytes, size_t offset,
                             cudaMemcpyKind kind, cudaStream_t stream, bool wait, SourceLine source) {
  const char* call = "cudaMemcpyFromSymbol";
  if (cudaError_t error = check_symbol(call, symbol, symbol_bytes, bytes, offset, source); error != cudaSuccess) return error;
  return run_copy(call, {to, bytes, static_cast<const char*>(symbol) + offset, bytes, bytes, 1}, kind, stream, wait, source);
}

cudaError_t symbol_address(void** pointer, const void* symbol, SourceLine source) {
  Lock lock;
  if (cudaError_t error = check_symbol("cudaGetSymbolAddress", symbol, 0, 0, 0, source); error != cudaSuccess) return error;
  *pointer = const_cast<void*>(symbol);
  return cudaSuccess;
}

}  // namespace cuda_on_cpu

using namespace cuda_on_cpu;

cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, SourceLine source) {
  return run_copy("cudaMemcpy", {to, bytes, from, bytes, bytes, 1}, kind, nullptr, true, source);
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream, SourceLine source) {
  return run_copy("cudaMemcpyAsync", {to, bytes, from, bytes, bytes, 1}, kind, stream, false, source);
}
cudaError_t cudaMemcpy2D(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width, size_t height,
                         cudaMemcpyKind kind, SourceLine source) {
  return run_copy("cudaMemcpy2D", {to, to_pitch, from, from_pitch, width, height}, kind, nullptr, true, source);
}
cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width,
                              size_t height, cudaMemcpyKind kind, cudaStream_t stream, SourceLine source) {
  return run_copy("cudaMemcpy2DAsync", {to, to_pitch, from, from_pitch, width, height}, kind, stream, false, source);
}
cudaError_t cudaMemset(void* pointer, int value, size_t bytes, SourceLine source) {
  return run_fill("cudaMemset", pointer, value, bytes, nullptr, source);
}
cudaError_t cudaMemsetAsync(void* pointer, int value, size_t bytes, cudaStream_t stream, SourceLine source) {
  return run_fill("cudaMemsetAsync", pointer, value, bytes, stream, source);
}
