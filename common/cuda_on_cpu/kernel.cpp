// One launch: what is checked before it, the walk over its blocks, and what happens when a thread faults.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <numeric>
#include <sys/mman.h>

#include "common/cuda_on_cpu/runtime.h"

// For tests and judges: kernels that were launched or recorded, the shape of the last one, and graphs that were launched.
extern "C" {
unsigned long cuda_on_cpu_launches = 0, cuda_on_cpu_blocks = 0, cuda_on_cpu_threads = 0, cuda_on_cpu_graphs = 0;
}

namespace cuda_on_cpu {

namespace {

thread_local const LaunchedKernel* kernel_now = nullptr;  // another thread may run one for another process

constexpr int default_shared_limit = 48 * 1024, most_shared = 163 * 1024;

std::map<const void*, int>& shared_limits() {
  static auto& limits = *new std::map<const void*, int>;
  return limits;
}

// ---- before the launch

bool shape_fits(const LaunchedKernel& kernel) {
  dim3 grid = kernel.grid, block = kernel.block;
  bool grid_fits = grid.x > 0 && grid.y > 0 && grid.z > 0 && grid.x <= 0x7fffffffu && grid.y <= 65535 && grid.z <= 65535;
  bool block_fits = block.x > 0 && block.y > 0 && block.z > 0 && block.x <= 1024 && block.y <= 1024 && block.z <= 64 &&
                    uint64_t{block.x} * block.y * block.z <= 1024;
  if (!grid_fits)
    refuse_launch(cudaErrorInvalidConfiguration, kernel.source, "kernel %s: a grid of %s blocks is not allowed", kernel.name,
                  text(uint3(grid)).c_str());
  else if (!block_fits)
    refuse_launch(cudaErrorInvalidConfiguration, kernel.source,
                  "kernel %s: a block of %s threads is not allowed (1 to 1024 threads, z up to 64)", kernel.name,
                  text(uint3(block)).c_str());
  return grid_fits && block_fits;
}

bool shared_fits(const LaunchedKernel& kernel) {
  size_t limit = static_cast<size_t>(shared_limit(kernel.function));
  if (kernel.shared_bytes <= limit) return true;
  refuse_launch(cudaErrorInvalidValue, kernel.source,
                "kernel %s: %zu bytes of dynamic shared memory, but the limit is %zu; "
                "cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes) raises it to at most %d",
                kernel.name, kernel.shared_bytes, limit, most_shared);
  return false;
}

// A GPU would fault at the first access; here the launch itself says which argument it was.
bool pointers_fit(const LaunchedKernel& kernel, const Argument* arguments, int count) {
  for (int i = 0; i < count; ++i) {
    if (!arguments[i].pointer) continue;
    MemoryKind kind = kind_of(arguments[i].pointer);
    if (kind != MemoryKind::host && kind != MemoryKind::freed) continue;
    finding("%s: kernel %s: argument %d is a pointer to %s memory%s%s", text(kernel.source).c_str(), kernel.name,
            arguments[i].position, kind == MemoryKind::host ? "host" : "freed device",
            kind == MemoryKind::host ? "; kernels need cudaMalloc or cudaMallocHost" : ": ",
            kind == MemoryKind::host ? "" : describe(arguments[i].pointer).c_str());
    set_sticky_error(cudaErrorIllegalAddress);
    return false;
  }
  return true;
}

// ---- the walk over blocks and threads

// The place of the step-th block in the chosen order: 0, 1, 2, ..., its reverse, or a walk with a random stride.
struct BlockOrder {
  uint64_t blocks, stride = 1, first = 0;
  explicit BlockOrder(uint64_t blocks) : blocks(blocks) {
    if (order() == Order::descending) stride = blocks - 1, first = blocks - 1;
    if (order() != Order::shuffled) return;
    first = shuffle_number(blocks);
    do stride = 1 + shuffle_number(blocks); while (std::gcd(stride, blocks) != 1);
  }
  uint64_t operator[](uint64_t step) const {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(step) * stride + first) % blocks);
  }
};

void fill_places(std::vector<ThreadPlace>& places, dim3 block) {
  places.clear();
  for (unsigned z = 0; z < block.z; ++z)
    for (unsigned y = 0; y < block.y; ++y)
      for (unsigned x = 0; x < block.x; ++x) places.push_back({{x, y, z}, static_cast<unsigned>(places.size())});
  if (order() == Order::descending) std::reverse(places.begin(), places.end());
  if (order() == Order::shuffled)
    for (size_t i = places.size(); i > 1; --i) std::swap(places[i - 1], places[shuffle_number(i)]);
}

// Dynamic shared memory ends at a page that may not be touched.
void* dynamic_shared(size_t bytes) {
  constexpr size_t room = (most_shared + page_bytes - 1) / page_bytes * page_bytes;
  static char* const end = [] {
    char* memory = static_cast<char*>(mmap(nullptr, room + 2 * page_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(memory + page_bytes, room, PROT_READ | PROT_WRITE);
    return memory + page_bytes + room;
  }();
  return end - (bytes + alignment - 1) / alignment * alignment;
}

void install_fault_handler();

void run_kernel(const LaunchedKernel& kernel, void (*run)(void*), void* call, size_t call_bytes) {
  static auto& places = *new std::vector<ThreadPlace>;
  install_fault_handler();
  fill_places(places, kernel.block);
  kernel_now = &kernel;
  running.grid_dim = kernel.grid;
  running.block_dim = kernel.block;
  running.threads = static_cast<unsigned>(places.size());
  running.places = places.data();
  running.dynamic_shared = dynamic_shared(kernel.shared_bytes);
  if (observer) observer->kernel_began(call, call_bytes);
  uint64_t blocks = uint64_t{kernel.grid.x} * kernel.grid.y * kernel.grid.z;
  BlockOrder block_order(blocks);
  for (uint64_t step = 0; step < blocks; ++step) {
    uint64_t block = block_order[step];
    running.block_index = {static_cast<unsigned>(block % kernel.grid.x), static_cast<unsigned>(block / kernel.grid.x % kernel.grid.y),
                           static_cast<unsigned>(block / kernel.grid.x / kernel.grid.y)};
    if (kernel.shared_bytes) std::memset(running.dynamic_shared, 0xff, kernel.shared_bytes);
    if (!run_block(run, call)) break;
  }
  if (observer) observer->kernel_ended();
  running.threads = 0;
  kernel_now = nullptr;
}

// ---- faults

std::string describe_fault(int signal, const siginfo_t& info) {
  if (signal == SIGFPE) return "integer division by zero (a GPU returns an unspecified number)";
  if (in_stack_guard(info.si_addr)) return "stack overflow: a thread has 64 KiB for its local variables";
  if (info.si_code == SI_KERNEL) return "illegal or misaligned address";
  if (reinterpret_cast<uintptr_t>(info.si_addr) < page_bytes) return "illegal address: a null pointer";
  const char* address = static_cast<const char*>(info.si_addr);
  const char* shared = static_cast<const char*>(running.dynamic_shared);
  long past = address - (shared + kernel_now->shared_bytes);
  if (address >= shared && past < static_cast<long>(page_bytes))
    return format("illegal address: %ld bytes past the end of dynamic shared memory (%zu bytes)", past, kernel_now->shared_bytes);
  return "illegal address: " + describe(info.si_addr);
}

struct sigaction previous_segv, previous_bus, previous_fpe;

void fault(int signal, siginfo_t* info, void*) {
  if (kernel_now) stop_kernel(cudaErrorIllegalAddress, describe_fault(signal, *info).c_str(), {});
  if (in_arena(info->si_addr)) finding("host code faulted at %s", describe(info->si_addr).c_str());
  // Not ours: let whoever was here before handle it when the instruction is tried again.
  sigaction(SIGSEGV, &previous_segv, nullptr);
  sigaction(SIGBUS, &previous_bus, nullptr);
  sigaction(SIGFPE, &previous_fpe, nullptr);
}

// The handler needs a stack of its own: the thread's may be what overflowed.
void install_fault_handler() {
  static thread_local void* own_stack = nullptr;
  if (!own_stack) {
    constexpr size_t bytes = 256 * 1024;
    stack_t stack{};
    stack.ss_sp = own_stack = std::malloc(bytes);
    stack.ss_size = bytes;
    sigaltstack(&stack, nullptr);
  }
  static bool installed = false;
  if (installed) return;
  installed = true;
  struct sigaction action{};
  action.sa_sigaction = fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigaction(SIGSEGV, &action, &previous_segv);
  sigaction(SIGBUS, &action, &previous_bus);
  sigaction(SIGFPE, &action, &previous_fpe);
}

}  // namespace

const LaunchedKernel* current_kernel() { return kernel_now; }

std::string describe_thread() {
  return format("kernel %s (launched at %s), block %s, thread %s", kernel_now->name, text(kernel_now->source).c_str(),
                text(running.block_index).c_str(), text(running.thread.index).c_str());
}

void stop_kernel(cudaError_t error, const char* what, SourceLine source) {
  finding("%s%s%s\n  %s; every later CUDA call returns %s", source.file ? text(source).c_str() : "",
          source.file ? ": " : "", what, describe_thread().c_str(), cudaGetErrorName(error));
  set_sticky_error(error);
  abandon_block();
}

void device_trap(SourceLine source) { stop_kernel(cudaErrorLaunchFailure, "__trap()", source); }

int shared_limit(const void* function) {
  auto limit = shared_limits().find(function);
  return function && limit != shared_limits().end() ? limit->second : default_shared_limit;
}

cudaError_t set_function_attribute(const void* function, cudaFuncAttribute attribute, int value, SourceLine source) {
  BEGIN_CALL
  if (attribute == cudaFuncAttributePreferredSharedMemoryCarveout) return cudaSuccess;
  if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize || value < 0 || value > most_shared)
    return refuse(cudaErrorInvalidValue, source, "cudaFuncSetAttribute: attribute %d, value %d; shared memory goes up to %d",
                  attribute, value, most_shared);
  shared_limits()[function] = std::max(value, default_shared_limit);
  return cudaSuccess;
}

void start_kernel(const LaunchedKernel& kernel, void (*run)(void*), std::shared_ptr<void> call, size_t call_bytes,
                  const Argument* arguments, int count) {
  Lock lock;
  if (sticky_error() != cudaSuccess) return;
  if (!valid_stream(kernel.stream))
    return refuse_launch(cudaErrorInvalidResourceHandle, kernel.source, "kernel %s: no such stream", kernel.name);
  if (!shape_fits(kernel) || !shared_fits(kernel) || !pointers_fit(kernel, arguments, count)) return;
  ++cuda_on_cpu_launches;
  cuda_on_cpu_blocks = size_t{kernel.grid.x} * kernel.grid.y * kernel.grid.z;
  cuda_on_cpu_threads = size_t{kernel.block.x} * kernel.block.y * kernel.block.z;
  submit(kernel.stream, kernel.source, [kernel, run, call, call_bytes] { run_kernel(kernel, run, call.get(), call_bytes); });
}

// ---- the thread order

Order order() {
  static const Order chosen = [] {
    const char* name = std::getenv("CUDA_ON_CPU_ORDER");
    if (!name || !*name || !std::strcmp(name, "ascending")) return Order::ascending;
    if (!std::strcmp(name, "descending")) return Order::descending;
    if (!std::strcmp(name, "shuffled")) return Order::shuffled;
    std::fprintf(stderr, "cuda_on_cpu: CUDA_ON_CPU_ORDER=%s: ascending, descending or shuffled\n", name);
    std::exit(2);
  }();
  return chosen;
}

uint64_t shuffle_number(uint64_t bound) {
  static uint64_t state = 0x9e3779b97f4a7c15u;  // xorshift64: the same shuffle in every run
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state % bound;
}

}  // namespace cuda_on_cpu

// assert() in a kernel stops the kernel, not the process; on the host it aborts as always.
extern "C" void __assert_fail(const char* assertion, const char* file, unsigned line, const char* function) noexcept {
  using namespace cuda_on_cpu;
  if (kernel_now)
    stop_kernel(cudaErrorAssert, format("%s: Assertion `%s' failed", function, assertion).c_str(), {file, static_cast<int>(line)});
  std::fprintf(stderr, "%s:%u: %s: Assertion `%s' failed.\n", file, line, function, assertion);
  std::abort();
}
