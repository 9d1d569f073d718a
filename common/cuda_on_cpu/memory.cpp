// Device and pinned memory. Every allocation ends at a page that faults, begins filled with 0xff bytes (NaN as float,
// -1 as int), and its addresses are never given out again, so that a stale pointer stays a stale pointer.
#include <algorithm>
#include <cstring>
#include <map>
#include <sys/mman.h>
#include <unistd.h>

#include "common/cuda_on_cpu/runtime.h"

// Where the linker put the `__device__` and `__constant__` variables; absent where a program has none.
extern "C" {
extern char __start_cuda_on_cpu_device[] __attribute__((weak));
extern char __stop_cuda_on_cpu_device[] __attribute__((weak));
extern char __start_cuda_on_cpu_constant[] __attribute__((weak));
extern char __stop_cuda_on_cpu_constant[] __attribute__((weak));
}

namespace cuda_on_cpu {

Observer* observer = nullptr;

namespace {

constexpr unsigned char margin_byte = 0xcb;

struct Piece {
  char* begin;
  size_t bytes;
};

struct Arena {
  // Address space: nothing is in use yet, and none is given out twice. A piece is twice as large as the one before, so there are never
  // many. Not one huge piece: an emulator keeps a record of every page in it. But the checker's shadow needs one, at a fixed ratio
  // (it is sixteen times as large).
  std::vector<Piece> pieces;
  char* next = nullptr;  // in the last piece: everything below has been used once
  size_t room = 0;       // behind it
  size_t next_piece = size_t{1} << 26;
  // By the first page: also of what was freed, to say so. The page before it is a guard, and so is the page after it.
  std::map<const char*, Allocation> allocations;
  size_t device_live = 0;
  std::map<const char*, size_t> registered;  // cudaHostRegister

  Arena() { add_piece(observer ? size_t{1} << 40 : next_piece, size_t{1} << 20); }

  // As large as it can be had.
  void add_piece(size_t bytes, size_t fewest) {
    for (; bytes >= fewest; bytes /= 2) {
      void* memory = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (memory == MAP_FAILED) continue;
      pieces.push_back({static_cast<char*>(memory), bytes});
      next = pieces.back().begin + page_bytes;
      room = bytes - page_bytes;
      next_piece = 2 * bytes;
      return;
    }
  }
};

Arena& arena() {
  static auto& instance = *new Arena;  // never destroyed: used at exit
  return instance;
}

size_t round_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

// Between the allocation and the ends of its pages: bytes that nobody should change.
bool margins_intact(const Allocation& allocation) {
  for (const char* p = allocation.pages; p < allocation.begin; ++p)
    if (static_cast<unsigned char>(*p) != margin_byte) return false;
  for (const char* p = allocation.begin + allocation.bytes; p < allocation.pages + allocation.pages_bytes; ++p)
    if (static_cast<unsigned char>(*p) != margin_byte) return false;
  return true;
}

void check_margins(const Allocation& allocation) {
  if (allocation.freed || margins_intact(allocation)) return;
  finding("something wrote just outside of %zu bytes allocated at %s; the check build shows where", allocation.bytes,
          text(allocation.source).c_str());
}

}  // namespace

bool in_arena(const void* address) {
  for (const Piece& piece : arena().pieces)
    if (static_cast<size_t>(static_cast<const char*>(address) - piece.begin) < piece.bytes) return true;
  return false;
}

std::pair<char*, size_t> arena_range() {
  if (arena().pieces.empty()) return {};
  return {arena().pieces.front().begin, arena().pieces.front().bytes};
}

Allocation* allocation_near(const void* address) {
  if (!in_arena(address)) return nullptr;
  auto& all = arena().allocations;
  auto after = all.upper_bound(static_cast<const char*>(address) + page_bytes - 1);  // counts the guard page before
  if (after == all.begin()) return nullptr;
  Allocation& candidate = std::prev(after)->second;
  // The guard page between two allocations belongs to both; it is the end of the first that is overrun.
  if (static_cast<const char*>(address) < candidate.pages && std::prev(after) != all.begin()) {
    Allocation& before = std::prev(std::prev(after))->second;
    if (candidate.pages - (before.pages + before.pages_bytes) == page_bytes) return &before;
  }
  return &candidate;
}

Allocation* allocate(size_t bytes, Owner owner, SourceLine source) {
  Arena& a = arena();
  size_t pages_bytes = round_up(bytes, page_bytes);
  if (owner == Owner::device && bytes > device_bytes_total() - std::min(a.device_live, device_bytes_total())) return nullptr;
  const size_t with_guard = pages_bytes + page_bytes;
  if (a.room < with_guard && !observer) {
    const size_t fewest = with_guard + page_bytes;
    a.add_piece(std::max(fewest, a.next_piece), fewest);
  }
  if (a.room < with_guard) return nullptr;
  char* pages = a.next;
  if (mprotect(pages, pages_bytes, PROT_READ | PROT_WRITE) != 0) return nullptr;
  a.next += with_guard;
  a.room -= with_guard;
  char* begin = pages + pages_bytes - round_up(bytes, alignment);
  std::memset(pages, margin_byte, static_cast<size_t>(begin - pages));
  std::memset(begin, 0xff, bytes);
  std::memset(begin + bytes, margin_byte, static_cast<size_t>(pages + pages_bytes - begin) - bytes);
  if (owner == Owner::device) a.device_live += bytes;
  auto& allocation = a.allocations[pages] = {begin, bytes, pages, pages_bytes, owner == Owner::host, false, source, {}, owner};
  if (observer) observer->allocated(allocation);
  return &allocation;
}

void release(Allocation& allocation, SourceLine source) {
  check_margins(allocation);
  if (allocation.owner == Owner::device) arena().device_live -= allocation.bytes;
  allocation.freed = true;
  allocation.freed_source = source;
  forget_shared(allocation);
  if (observer) observer->freed(allocation);
  mmap(allocation.pages, allocation.pages_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

size_t device_bytes_total() {
  static const size_t total = static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return total;
}
size_t device_bytes_live() { return arena().device_live; }

void free_everything() {
  for (auto& [pages, allocation] : arena().allocations)
    if (!allocation.freed && !allocation.pinned) release(allocation, {});
}

void check_margins() {
  for (auto& [pages, allocation] : arena().allocations) check_margins(allocation);
}

void report_leaks() {
  for (auto& [pages, allocation] : arena().allocations)
    if (!allocation.freed)
      finding("leak: %zu bytes of %s memory allocated at %s were never freed", allocation.bytes,
              allocation.pinned ? "pinned" : "device", text(allocation.source).c_str());
}

std::vector<Section> device_sections() {
  std::vector<Section> sections;
  if (__start_cuda_on_cpu_device) sections.push_back({__start_cuda_on_cpu_device, __stop_cuda_on_cpu_device, false});
  if (__start_cuda_on_cpu_constant) sections.push_back({__start_cuda_on_cpu_constant, __stop_cuda_on_cpu_constant, true});
  return sections;
}

MemoryKind kind_of(const void* address) {
  const char* p = static_cast<const char*>(address);
  if (Allocation* allocation = allocation_near(address)) {
    if (allocation->freed) return MemoryKind::freed;
    return allocation->pinned ? MemoryKind::pinned : MemoryKind::device;
  }
  for (const Section& section : device_sections())
    if (p >= section.begin && p < section.end) return MemoryKind::symbol;
  auto after = arena().registered.upper_bound(p);
  if (after != arena().registered.begin()) {
    auto [begin, bytes] = *std::prev(after);
    if (p < begin + bytes) return MemoryKind::pinned;
  }
  return MemoryKind::host;
}

void* heap_memory(void* pointer, size_t bytes) {
  if (pointer && on_device()) arena().registered[static_cast<char*>(pointer)] = bytes;
  return pointer;
}

std::string describe(const void* address) {
  Allocation* a = allocation_near(address);
  if (!a) return format("%p (memory of the host, or of nobody)", address);
  const char* p = static_cast<const char*>(address);
  std::string where;
  if (a->freed) where = format("%td bytes into", p - a->begin);
  else if (p < a->begin) where = format("%td bytes before the begin of", a->begin - p);
  else if (p >= a->begin + a->bytes) where = format("%td bytes past the end of", p - (a->begin + a->bytes));
  else where = format("%td bytes into", p - a->begin);
  where += format(" %zu bytes of %s memory allocated at %s", a->bytes, a->pinned ? "pinned" : "device", text(a->source).c_str());
  if (a->freed) where += " and freed at " + text(a->freed_source);
  return where;
}

}  // namespace cuda_on_cpu

using namespace cuda_on_cpu;

namespace {

cudaError_t new_memory(void** pointer, size_t bytes, bool pinned, const char* call, SourceLine source) {
  BEGIN_CALL
  if (cudaError_t error = refuse_in_capture(source, call); error != cudaSuccess) return error;
  if (!pointer) return refuse(cudaErrorInvalidValue, source, "%s: null instead of where to put the pointer", call);
  *pointer = nullptr;
  if (bytes == 0) return cudaSuccess;
  Allocation* allocation = allocate(bytes, pinned ? Owner::host : Owner::device, source);
  if (!allocation)
    return refuse(cudaErrorMemoryAllocation, source, "%s: %zu bytes asked for, %zu of %zu in use", call, bytes,
                  device_bytes_live(), device_bytes_total());
  *pointer = allocation->begin;
  return cudaSuccess;
}

// The allocation that begins at pointer, if it may be freed; otherwise says why not.
Allocation* freeable(void* pointer, bool pinned, const char* call, SourceLine source) {
  Allocation* allocation = allocation_near(pointer);
  if (allocation && allocation->freed && allocation->begin == pointer) {
    finding("%s: %s: double free: %s", text(source).c_str(), call, describe(pointer).c_str());
    refuse(cudaErrorInvalidValue, source, "%s: the memory is free already", call);
    return nullptr;
  }
  if (!allocation || allocation->begin != pointer || allocation->owner != (pinned ? Owner::host : Owner::device)) {
    refuse(cudaErrorInvalidValue, source, "%s: not a pointer from %s: %s", call, pinned ? "cudaMallocHost" : "cudaMalloc",
           describe(pointer).c_str());
    return nullptr;
  }
  return allocation;
}

cudaError_t free_memory(void* pointer, bool pinned, const char* call, SourceLine source) {
  BEGIN_CALL
  if (cudaError_t error = refuse_in_capture(source, call); error != cudaSuccess) return error;
  if (!pointer) return cudaSuccess;
  Allocation* allocation = freeable(pointer, pinned, call, source);
  if (!allocation) return cudaErrorInvalidValue;
  if (cudaError_t error = drain_all(); error != cudaSuccess) return error;  // work under way may use it
  release(*allocation, source);
  return cudaSuccess;
}

}  // namespace

cudaError_t cudaMalloc(void** pointer, size_t bytes, SourceLine source) { return new_memory(pointer, bytes, false, "cudaMalloc", source); }
cudaError_t cudaFree(void* pointer, SourceLine source) { return free_memory(pointer, false, "cudaFree", source); }
cudaError_t cudaMallocHost(void** pointer, size_t bytes, SourceLine source) {
  return new_memory(pointer, bytes, true, "cudaMallocHost", source);
}
cudaError_t cudaFreeHost(void* pointer, SourceLine source) { return free_memory(pointer, true, "cudaFreeHost", source); }

cudaError_t cudaMallocAsync(void** pointer, size_t bytes, cudaStream_t stream, SourceLine source) {
  if (!valid_stream(stream)) return refuse(cudaErrorInvalidResourceHandle, source, "cudaMallocAsync: no such stream");
  return new_memory(pointer, bytes, false, "cudaMallocAsync", source);
}

cudaError_t cudaFreeAsync(void* pointer, cudaStream_t stream, SourceLine source) {
  BEGIN_CALL
  if (!valid_stream(stream)) return refuse(cudaErrorInvalidResourceHandle, source, "cudaFreeAsync: no such stream");
  if (!pointer) return cudaSuccess;
  Allocation* allocation = freeable(pointer, false, "cudaFreeAsync", source);
  if (!allocation) return cudaErrorInvalidValue;
  submit(stream, source, [allocation, source] { release(*allocation, source); });
  return cudaSuccess;
}

cudaError_t cudaHostRegister(void* pointer, size_t bytes, unsigned, SourceLine source) {
  BEGIN_CALL
  if (!pointer || bytes == 0 || in_arena(pointer))
    return refuse(cudaErrorInvalidValue, source, "cudaHostRegister: needs ordinary host memory");
  if (kind_of(pointer) == MemoryKind::pinned)
    return refuse(cudaErrorHostMemoryAlreadyRegistered, source, "cudaHostRegister: registered already");
  arena().registered[static_cast<char*>(pointer)] = bytes;
  return cudaSuccess;
}

cudaError_t cudaHostUnregister(void* pointer, SourceLine source) {
  BEGIN_CALL
  if (cudaError_t error = drain_all(); error != cudaSuccess) return error;
  if (arena().registered.erase(static_cast<char*>(pointer)) == 0)
    return refuse(cudaErrorHostMemoryNotRegistered, source, "cudaHostUnregister: was not registered");
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t* free_bytes, size_t* total_bytes) {
  Lock lock;
  *total_bytes = device_bytes_total();
  *free_bytes = device_bytes_total() - std::min(device_bytes_live(), device_bytes_total());
  return sticky_error();
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* pointer) {
  Lock lock;
  MemoryKind kind = kind_of(pointer);
  bool host = kind == MemoryKind::host || kind == MemoryKind::freed, pinned = kind == MemoryKind::pinned;
  void* address = const_cast<void*>(pointer);
  *attributes = {host ? cudaMemoryTypeUnregistered : pinned ? cudaMemoryTypeHost : cudaMemoryTypeDevice, host ? -2 : 0,
                 host ? nullptr : address, pinned ? address : nullptr};
  return sticky_error();
}
