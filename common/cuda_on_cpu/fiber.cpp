// Stacks for CUDA threads, and the switch from one to another: a dozen instructions on x86-64 and aarch64, ucontext
// elsewhere (ten times slower, otherwise the same).
#include <cstdio>
#include <cstdlib>
#include <sys/mman.h>

#include "common/cuda_on_cpu/runtime.h"

// void cuda_on_cpu_switch(void** save_stack_pointer, void* load_stack_pointer)
// Pushes the registers that a called function must preserve, changes stacks, pops them. The floating-point control
// words are left alone: a kernel that changes the rounding mode changes it for every thread. Fibers that wait at the same
// barrier have the same return addresses, so the processor's predictor of returns is right although the stack changed.
#if defined(__x86_64__)
asm(R"(
  .text
  .globl cuda_on_cpu_switch
  .type cuda_on_cpu_switch, @function
cuda_on_cpu_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .size cuda_on_cpu_switch, .-cuda_on_cpu_switch
  .section .note.GNU-stack,"",@progbits
  .text
)");
constexpr int saved_words = 6, return_word = 6, frame_words = 8;
#elif defined(__aarch64__)
asm(R"(
  .text
  .globl cuda_on_cpu_switch
  .type cuda_on_cpu_switch, %function
cuda_on_cpu_switch:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x2, sp
  str x2, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
  .size cuda_on_cpu_switch, .-cuda_on_cpu_switch
)");
constexpr int saved_words = 20, return_word = 11, frame_words = 20;
#else
#include <ucontext.h>
// Here a "stack pointer" is a pointer to a context.
extern "C" void cuda_on_cpu_switch(void** save, void* load) {
  if (!*save) *save = new ucontext_t;
  swapcontext(static_cast<ucontext_t*>(*save), static_cast<ucontext_t*>(load));
}
#define CUDA_ON_CPU_UCONTEXT 1
#endif

namespace cuda_on_cpu {

namespace {

constexpr size_t stack_bytes = 64 * 1024;
constexpr size_t slot_bytes = stack_bytes + page_bytes;  // the guard page lies below the stack

Fiber fibers[most_fibers];

// One region for all stacks, reserved at first use, so that "is it a stack" is one comparison.
char* stacks() {
  static char* const region = [] {
    void* memory = mmap(nullptr, slot_bytes * most_fibers, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
      std::perror("cuda_on_cpu: no address space for stacks");
      std::exit(1);
    }
    return static_cast<char*>(memory);
  }();
  return region;
}

}  // namespace

Fiber& fiber(int number) {
  Fiber& fiber = fibers[number];
  if (!fiber.stack) {
    fiber.stack = stacks() + slot_bytes * number + page_bytes;
    if (mprotect(fiber.stack, stack_bytes, PROT_READ | PROT_WRITE) != 0) {
      std::perror("cuda_on_cpu: no memory for a stack");
      std::exit(1);
    }
    prepare(fiber, number);
  }
  return fiber;
}

// The tops of the stacks are shifted against each other ("coloured"): equal addresses modulo a page would compete for
// the same few cache lines at every switch.
void prepare(Fiber& fiber, int number) {
  size_t colour = number % 12 * 320;
#ifdef CUDA_ON_CPU_UCONTEXT
  if (!fiber.stack_pointer) fiber.stack_pointer = new ucontext_t;
  auto* context = static_cast<ucontext_t*>(fiber.stack_pointer);
  getcontext(context);
  context->uc_stack.ss_sp = fiber.stack;
  context->uc_stack.ss_size = stack_bytes - colour;
  context->uc_link = nullptr;
  makecontext(context, cuda_on_cpu_fiber_main, 0);
#else
  auto* top = reinterpret_cast<uintptr_t*>(fiber.stack + stack_bytes - colour);
  uintptr_t* frame = top - frame_words;
  for (int word = 0; word < saved_words; ++word) frame[word] = 0;
  frame[return_word] = reinterpret_cast<uintptr_t>(cuda_on_cpu_fiber_main);
  if (frame_words > return_word + 1 && frame_words == 8) frame[return_word + 1] = 0;  // "return address" of fiber_main
  fiber.stack_pointer = frame;
#endif
}

bool on_fiber_stack(const void* address) {
  auto offset = reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(stacks());
  return offset < slot_bytes * most_fibers;
}

bool in_stack_guard(const void* address) {
  return on_fiber_stack(address) &&
         (static_cast<const char*>(address) - stacks()) % static_cast<long>(slot_bytes) < static_cast<long>(page_bytes);
}

}  // namespace cuda_on_cpu
