// For one file of a test program: memory from `new`, so that of every vector, stands between walls. Who writes before its beginning or
// behind its end ends the program when the memory is given back.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
namespace walled_new {

constexpr size_t before = 16, wall = 64;  // before: the size and a wall, with the alignment that `new` promises
constexpr unsigned char brick = 0xb7;

inline void* allocate(size_t n) {
  auto* const memory = static_cast<unsigned char*>(std::malloc(before + n + wall));
  if (!memory) throw std::bad_alloc();
  std::memcpy(memory, &n, sizeof n);
  std::memset(memory + sizeof n, brick, before - sizeof n);
  std::memset(memory + before + n, brick, wall);
  return memory + before;
}

inline void release(void* pointer) {
  if (!pointer) return;
  auto* const memory = static_cast<unsigned char*>(pointer) - before;
  size_t n = 0;
  std::memcpy(&n, memory, sizeof n);
  const auto require_wall = [&](size_t first, size_t last, const char* where) {
    for (size_t i = first; i < last; ++i)
      if (memory[i] != brick) {
        std::fprintf(stderr, "memory of %zu bytes was written %s: byte %td\n", n, where, ptrdiff_t(i) - ptrdiff_t(before));
        std::abort();
      }
  };
  require_wall(sizeof n, before, "before its beginning");
  require_wall(before + n, before + n + wall, "behind its end");
  std::free(memory);
}

}  // namespace walled_new

void* operator new(size_t n) { return walled_new::allocate(n); }
void operator delete(void* pointer) noexcept { walled_new::release(pointer); }
void operator delete(void* pointer, size_t) noexcept { walled_new::release(pointer); }
#endif
