// What the check build adds to the headers. It is recognised by the compiler's own sign of -fsanitize=thread.
#pragma once

#include <cstddef>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CUDA_ON_CPU_CHECK 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define CUDA_ON_CPU_CHECK 1
#endif

namespace cuda_on_cpu {
enum class Access { read, write, atomic };
}

#ifdef CUDA_ON_CPU_CHECK
// The runtime's own code in headers is not the program: it is not instrumented. Where such a function touches the
// program's memory it says so by note(); noinline makes its return address the program's line.
#define CUDA_ON_CPU_RUNTIME __attribute__((noinline, no_sanitize("thread")))
namespace cuda_on_cpu {
void note_access(Access access, const volatile void* begin, size_t bytes, const void* where);
void note_shared(void* begin, size_t bytes, const char* name);
void note_fence();
}
#define CUDA_ON_CPU_NOTE_AT(access, begin, bytes, where) \
  ::cuda_on_cpu::note_access(::cuda_on_cpu::Access::access, begin, bytes, where)
#define CUDA_ON_CPU_NOTE_FENCE() ::cuda_on_cpu::note_fence()
#else
#define CUDA_ON_CPU_RUNTIME
#define CUDA_ON_CPU_NOTE_AT(access, begin, bytes, where) ((void)(where))
#define CUDA_ON_CPU_NOTE_FENCE() ((void)0)
#endif
#define CUDA_ON_CPU_NOTE(access, begin, bytes) CUDA_ON_CPU_NOTE_AT(access, begin, bytes, __builtin_return_address(0))

// `__shared__ float a[8], b[8];` becomes SHARED(id) float a[8], b[8] SHARED_END(id) SHARED_NAME(id, a) SHARED_NAME(id, b).
// In the check build the variables lie in a struct between two zones that nobody may touch, and each block starts
// with them poisoned. In the plain build they are ordinary statics whose address does not escape, which keeps the
// compiler free to reorder accesses to them: the register-tiled product needs that.
#define CUDA_ON_CPU_SHARED_FITS(name) \
  static_assert(sizeof(name) <= 48 * 1024, "more than 48 KiB of static shared memory: use extern __shared__");
#ifdef CUDA_ON_CPU_CHECK
#define CUDA_ON_CPU_SHARED(id) static struct { char before[128];
#define CUDA_ON_CPU_SHARED_END(id) ; char after[128]; } id;
#define CUDA_ON_CPU_SHARED_NAME(id, name) \
  auto& name = id.name; CUDA_ON_CPU_SHARED_FITS(name) ::cuda_on_cpu::note_shared((void*)&name, sizeof(name), #name);
#else
#define CUDA_ON_CPU_SHARED(id) static
#define CUDA_ON_CPU_SHARED_END(id) ;
#define CUDA_ON_CPU_SHARED_NAME(id, name) CUDA_ON_CPU_SHARED_FITS(name)
#endif
