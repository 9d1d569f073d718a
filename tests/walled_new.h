// For one file of a test program: memory from `new`, so that of every vector, ends at a wall. Who writes behind the end ends the program
// when the memory is given back.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
namespace walled_new {

constexpr size_t before = 16, wall = 64;  // before: the size, and the alignment that `new` promises
constexpr unsigned char brick = 0xb7;

inline void* allocate(size_t n) {
  auto* const memory = static_cast<unsigned char*>(std::malloc(before + n + wall));
  if (!memory) throw std::bad_alloc();
  std::memcpy(memory, &n, sizeof n);
  std::memset(memory + before + n, brick, wall);
  return memory + before;
}

inline void release(void* pointer) {
  if (!pointer) return;
  auto* const memory = static_cast<unsigned char*>(pointer) - before;
  size_t n = 0;
  std::memcpy(&n, memory, sizeof n);
  for (size_t i = 0; i < wall; ++i)
    if (memory[before + n + i] != brick) {
      std::fprintf(stderr, "memory of %zu bytes was written %zu bytes behind its end\n", n, i);
      std::abort();
    }
  std::free(memory);
}

}  // namespace walled_new

void* operator new(size_t n) { return walled_new::allocate(n); }
void operator delete(void* pointer) noexcept { walled_new::release(pointer); }
void operator delete(void* pointer, size_t) noexcept { walled_new::release(pointer); }
#endif
