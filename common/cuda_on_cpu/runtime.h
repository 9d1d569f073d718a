// What the parts of the runtime tell each other. Programs include <cuda_runtime.h>, never this.
//
//   report.cpp   diagnostics, errors, the exit status      stream.cpp   queues, events, synchronisation
//   memory.cpp   allocations between guard pages           graph.cpp    stream capture
//   copy.cpp     copies, fills, symbols                    device.cpp   properties and attributes
//   kernel.cpp   one launch: checks, blocks, faults        fiber.cpp    stacks and the switch between them
//   block.cpp    one block: its fibers and barriers        warp.cpp     votes, shuffles, matrix products
//   pipeline.cpp asynchronous copies to shared memory      ipc.cpp      memory and events of other processes
//   check/       the checker of the check build
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <cuda_runtime.h>

namespace cuda_on_cpu {

// ---- report.cpp

// Prints a finding: an error of the program. The process will exit with status 66 whatever main returns.
[[gnu::format(printf, 1, 2)]] void finding(const char* format, ...);
// Remembers the error of an API call, prints why, and returns it.
[[gnu::format(printf, 3, 4)]] cudaError_t refuse(cudaError_t error, SourceLine source, const char* format, ...);
// As refuse, for a launch, which returns nothing: a finding at exit if nobody reads the error.
[[gnu::format(printf, 3, 4)]] void refuse_launch(cudaError_t error, SourceLine source, const char* format, ...);
// After a fault in a kernel every call returns the same error until the process ends, as on a GPU.
cudaError_t sticky_error();
void set_sticky_error(cudaError_t error);

std::string text(SourceLine source);
std::string text(uint3 index);
inline bool same(SourceLine a, SourceLine b) { return a.line == b.line && std::string_view(a.file) == b.file; }
std::string format(const char* format, ...) __attribute__((format(printf, 1, 2)));

// One host thread at a time is inside the runtime.
struct Lock {
  Lock();
  ~Lock();
};
// What every call begins with: after a fault nothing works any more.
#define BEGIN_CALL Lock lock; if (sticky_error() != cudaSuccess) return sticky_error();

// ---- memory.cpp

enum class Owner { host, device, other_process };  // pinned memory is the host's
struct Allocation {
  char* begin;
  size_t bytes;
  char* pages;  // the pages it lies in; guard pages before and after
  size_t pages_bytes;
  bool pinned;  // host memory
  bool freed;
  SourceLine source, freed_source;
  Owner owner;
  struct Slot* slot = nullptr;  // of memory that is exported or imported: ipc.cpp
  int file = -1;                // that holds exported memory
  void* file_mapping = nullptr;  // of all the file: with stamps of the checker, check/processes.cpp
};

constexpr size_t page_bytes = 4096;
constexpr size_t alignment = 32;  // of what cudaMalloc returns; the end is as near to the guard page as it allows

bool in_arena(const void* address);
std::pair<char*, size_t> arena_range();
Allocation* allocation_near(const void* address);  // the one whose pages or guard pages hold it, or null
Allocation* allocate(size_t bytes, Owner owner, SourceLine source);  // null where there is no room
void release(Allocation& allocation, SourceLine source);
size_t device_bytes_total();
size_t device_bytes_live();
void free_everything();
void check_margins();  // reports allocations whose neighbourhood was written
void report_leaks();
void forget_shared(Allocation& allocation);  // when it is freed: ipc.cpp

enum class MemoryKind { host, pinned, device, symbol, freed };
MemoryKind kind_of(const void* address);
std::string describe(const void* address);  // "4 bytes past the end of 1024 bytes allocated at a.cu:7"

// The `__device__` and `__constant__` variables of the program.
struct Section {
  char* begin;
  char* end;
  bool constant;
};
std::vector<Section> device_sections();

// ---- stream.cpp

// Queues work; it runs when something waits for it. Fails only where a capture forbids it.
cudaError_t submit(cudaStream_t stream, SourceLine source, std::function<void()> run);
bool valid_stream(cudaStream_t stream);
cudaError_t drain_stream(cudaStream_t stream);
cudaError_t drain_all();
cudaError_t refuse_in_capture(SourceLine source, const char* call);  // cudaSuccess outside a capture
size_t operations_left();
SourceLine oldest_operation_left();
uint64_t nanoseconds_now();
extern SourceLine operation_source;   // of the one that runs, or ran last
extern uint64_t operation_asked_for;  // when

// ---- ipc.cpp

uint64_t& known_until(int process);  // what it did until then comes before what this process does now
constexpr size_t with_stamps = 26;   // the file for a byte of exported memory

// ---- kernel.cpp

const LaunchedKernel* current_kernel();  // null between kernels
std::string describe_thread();           // "kernel scale (launched at a.cu:12), block (0,0,0), thread (3,0,0)"
[[noreturn]] void stop_kernel(cudaError_t error, const char* what, SourceLine source);
int shared_limit(const void* function);

// ---- fiber.cpp

struct Fiber {
  void* stack_pointer;
  ThreadPlace thread;  // while it does not run
  char* stack;
};
constexpr int most_fibers = 1024;
Fiber& fiber(int number);              // made at first use
void prepare(Fiber& fiber, int number);  // its next turn begins in fiber_main
bool on_fiber_stack(const void* address);
bool in_stack_guard(const void* address);
extern "C" void cuda_on_cpu_switch(void** save_stack_pointer, void* load_stack_pointer);
extern "C" void cuda_on_cpu_fiber_main();  // in block.cpp

// ---- block.cpp

bool run_block(void (*run)(void*), void* call);  // false if the kernel was abandoned
[[noreturn]] void abandon_block();
Fiber* current_fiber();
void make_ready(Fiber* fiber);
void wait_for_turn();  // the current fiber must be in some queue already

// ---- warp.cpp

void reset_warps();
bool complete_warps();  // lets groups go whose missing lanes have returned; false if there are none
std::string describe_waiting_lanes();

// ---- pipeline.cpp

void reset_copies();

// ---- the thread order: CUDA_ON_CPU_ORDER

enum class Order { ascending, descending, shuffled };
Order order();
uint64_t shuffle_number(uint64_t bound);  // for Order::shuffled: the next of a fixed sequence

// ---- the checker, if it is linked

struct Observer {
  virtual void allocated(const Allocation& allocation) = 0;
  virtual void freed(const Allocation& allocation) = 0;
  virtual void host_wrote(const void* begin, size_t bytes) = 0;  // by an API call
  virtual void copied(void* to, const void* from, size_t bytes) = 0;
  virtual void kernel_began(const void* call, size_t call_bytes) = 0;
  virtual void block_began() = 0;
  virtual void barrier() = 0;
  virtual void warp_synced(unsigned warp, unsigned lanes) = 0;
  virtual void kernel_ended() = 0;
  virtual void copy_began(void* shared, size_t bytes, const void* where) = 0;
  virtual void copy_ended(void* shared, const void* global, size_t bytes, size_t read, const void* where) = 0;

 protected:
  ~Observer() = default;
};
extern Observer* observer;  // null in the plain build

}  // namespace cuda_on_cpu
