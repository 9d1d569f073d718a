// How a kernel starts. cu2cpp turns `kernel<<<grid, block, shared, stream>>>(a, b);` into
//
//   launch(source, signature, body, grid, block, shared, stream)(a, b);
//
// `signature` finds the kernel's parameter types, so that the arguments are converted once, at the launch, as on a
// GPU; `body` calls the kernel directly, so that the compiler can inline it into the loop over a block's threads.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <tuple>
#include <type_traits>

#include "cuda_on_cpu/check.h"
#include "cuda_on_cpu/vector_types.h"

using cudaStream_t = struct CUstream_st*;

namespace cuda_on_cpu {

// A line of the program, for diagnostics. As a default argument, here() is the caller's line.
struct SourceLine {
  const char* file;
  int line;
};
constexpr SourceLine here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) { return {file, line}; }

struct LaunchedKernel {
  const char* name;
  SourceLine source;
  dim3 grid, block;
  size_t shared_bytes;
  cudaStream_t stream;
  const void* function;  // null where the template arguments are deduced at the launch
};

// One thread's place in its block: what the built-in variables show, and its number in launch order.
struct ThreadPlace {
  uint3 index;
  unsigned int number;  // x + y * blockDim.x + z * blockDim.x * blockDim.y
};

// What a running kernel sees. One kernel runs at a time in a process, so these are plain globals.
struct RunningBlock {
  ThreadPlace thread;         // of the thread that runs now; saved and restored around a wait
  uint3 block_index;
  dim3 block_dim, grid_dim;
  unsigned int next;          // threads started so far
  unsigned int threads;       // threads in the block
  const ThreadPlace* places;  // the order in which threads are started
  void* dynamic_shared;
  unsigned int finished[32];  // a bit for each thread that has returned, a word for each warp
  bool copies_pending;        // some thread has asynchronous copies that nobody has waited for
};
extern RunningBlock running;

void finish_copies();  // of the current thread; see cuda_pipeline.h

// While it lives, other threads may change what the compiler keeps in registers, statics that never escaped, too.
struct OthersRun {
  OthersRun() { asm volatile("" ::: "memory"); }
  ~OthersRun() { asm volatile("" ::: "memory"); }
};

constexpr bool on_device() { return !std::is_constant_evaluated() && running.threads != 0; }  // called by a kernel?

inline void thread_finished() {
  if (running.copies_pending) finish_copies();
  running.finished[running.thread.number / 32] |= 1u << running.thread.number % 32;
}

// The loop of every fiber: run the threads that nobody has started yet, one after another.
template <class Call>
CUDA_ON_CPU_RUNTIME void run_threads(void* call) {
  while (running.next < running.threads) {
    running.thread = running.places[running.next++];
    (*static_cast<Call*>(call))();
    thread_finished();
  }
}

struct Argument {
  const void* pointer;  // of a parameter with pointer type
  int position;         // 1 is the first
};

void start_kernel(const LaunchedKernel& kernel, void (*run)(void*), std::shared_ptr<void> call, size_t call_bytes,
                  const Argument* arguments, int count);

template <class Body, class... Parameters> struct Call {
  Body body;
  std::tuple<Parameters...> arguments;
  void operator()() { std::apply(body, arguments); }
};

template <class Body, class... Parameters>
void start(const LaunchedKernel& kernel, const Body& body, Parameters... parameters) {
  using ThisCall = Call<Body, Parameters...>;
  Argument pointers[sizeof...(Parameters) + 1];
  int position = 0, count = 0;
  auto note = [&](const auto& parameter) {
    ++position;
    using T = std::decay_t<decltype(parameter)>;
    if constexpr (std::is_pointer_v<T>) {
      if constexpr (!std::is_function_v<std::remove_pointer_t<T>>)
        pointers[count++] = {const_cast<const void*>(static_cast<const volatile void*>(parameter)), position};
    }
  };
  (note(parameters), ...);
  (void)note, (void)position;
  auto call = std::make_shared<ThisCall>(ThisCall{body, {parameters...}});
  start_kernel(kernel, run_threads<ThisCall>, call, sizeof(ThisCall), pointers, count);
}

// The launch of a kernel whose parameter types are known: arguments are converted to them here.
template <class Body, class... Parameters> struct TypedLaunch {
  LaunchedKernel kernel;
  Body body;
  void operator()(Parameters... parameters) const { start(kernel, body, parameters...); }
  // With fewer arguments, the kernel's default arguments are the others: `body` knows them.
  template <class... Arguments> requires(sizeof...(Arguments) < sizeof...(Parameters))
  void operator()(Arguments... arguments) const {
    [&]<size_t... i>(std::index_sequence<i...>) {
      start<Body, std::tuple_element_t<i, std::tuple<Parameters...>>...>(kernel, body, arguments...);
    }(std::index_sequence_for<Arguments...>{});
  }
};

// `scale<<<1, 32>>>(p, n)` of a template: its arguments are deduced inside `body`, from the arguments' own types.
template <class Body> struct DeducedLaunch {
  LaunchedKernel kernel;
  Body body;
  template <class... Arguments> void operator()(Arguments... arguments) const { start(kernel, body, arguments...); }
};

template <class... Parameters> struct Signature {
  const void* function;
};
// The unused parameter Tag makes the call in `signature` depend on a template, so that its failure is not an error.
template <class Tag, class... Parameters> Signature<Parameters...> signature_of(void (*kernel)(Parameters...)) {
  return {reinterpret_cast<const void*>(kernel)};
}

template <class Body, class... Parameters>
TypedLaunch<Body, Parameters...> typed_launch(LaunchedKernel kernel, Body body, Signature<Parameters...> signature) {
  kernel.function = signature.function;
  return {kernel, body};
}

template <class SignatureOf, class Body>
auto launch(const char* name, SourceLine source, SignatureOf signature, Body body, dim3 grid, dim3 block,
            size_t shared_bytes = 0, cudaStream_t stream = nullptr) {
  LaunchedKernel kernel{name, source, grid, block, shared_bytes, stream, nullptr};
  if constexpr (std::is_invocable_v<SignatureOf, int>)
    return typed_launch(kernel, body, signature(0));
  else
    return DeducedLaunch<Body>{kernel, body};
}

// `new` and malloc in device code. The memory comes from the process's heap; kernels are allowed to touch it, and the
// checker does not look further. `delete` and free are the process's.
struct Heap {};
inline constexpr Heap heap;
void* heap_memory(void* pointer, size_t bytes);
inline void* heap_malloc(size_t bytes) { return heap_memory(std::malloc(bytes), bytes); }

}  // namespace cuda_on_cpu

inline void* operator new(size_t bytes, cuda_on_cpu::Heap) { return cuda_on_cpu::heap_memory(::operator new(bytes), bytes); }
inline void* operator new[](size_t bytes, cuda_on_cpu::Heap) { return cuda_on_cpu::heap_memory(::operator new[](bytes), bytes); }

inline constexpr const uint3& threadIdx = cuda_on_cpu::running.thread.index;
inline constexpr const uint3& blockIdx = cuda_on_cpu::running.block_index;
inline constexpr const dim3& blockDim = cuda_on_cpu::running.block_dim;
inline constexpr const dim3& gridDim = cuda_on_cpu::running.grid_dim;
inline constexpr int warpSize = 32;
