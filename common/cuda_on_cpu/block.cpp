// One block: its threads as fibers, and its barriers.
//
// A fiber starts threads of the block one after another (run_threads in launch.h). When a thread must wait, the fiber
// is suspended with it, and another fiber goes on: one whose wait is over, or else a fresh one, which starts the
// threads that have not begun. A kernel that never waits runs as a plain loop on a single fiber.
#include "common/cuda_on_cpu/runtime.h"

namespace cuda_on_cpu {

RunningBlock running;

namespace {

Fiber host;  // whoever called run_block
Fiber* current = &host;
bool abandoned = false;

int live = 0;  // fibers that are inside run_threads
Fiber* idle[most_fibers];
int idle_count = 0, made = 0;

// Fibers that may go on, first come, first served. A fiber is in it once at most.
Fiber* ready[most_fibers];
unsigned ready_head = 0, ready_tail = 0;

struct Barrier {
  Fiber* waiting[most_fibers];
  ThreadPlace first;  // who came first, and where
  SourceLine source;
  int arrived = 0, predicates = 0;
  BarrierResult result{};
} block_barrier;

void (*run_call)(void*);
void* call_data;

Fiber* take_fiber() {
  ++live;
  return idle_count ? idle[--idle_count] : &fiber(made++);
}

// All threads that have not returned stand at the barrier: let them go, in the order of their arrival.
void open_barrier() {
  Barrier& b = block_barrier;
  b.result = {b.predicates, b.predicates == b.arrived};
  if (observer) observer->barrier();
  for (int i = 0; i < b.arrived; ++i) make_ready(b.waiting[i]);
  b.arrived = b.predicates = 0;
}

[[noreturn]] void report_deadlock() {
  std::string who;
  if (block_barrier.arrived)
    who = format("%d thread%s at __syncthreads (%s), thread %s first", block_barrier.arrived,
                 block_barrier.arrived == 1 ? " waits" : "s wait", text(block_barrier.source).c_str(),
                 text(block_barrier.first.index).c_str());
  std::string lanes = describe_waiting_lanes();
  if (!who.empty() && !lanes.empty()) who += "; ";
  stop_kernel(cudaErrorLaunchFailure, ("deadlock: " + who + lanes).c_str(), {});
}

Fiber* next_fiber() {
  for (;;) {
    if (ready_head != ready_tail) return ready[ready_head++ % most_fibers];
    if (running.next < running.threads) return take_fiber();
    if (live == 0) return &host;
    if (block_barrier.arrived == live) open_barrier();
    else if (!complete_warps()) report_deadlock();
  }
}

void switch_to(Fiber* next) {
  Fiber* self = current;
  if (next == self) return;
  self->thread = running.thread;
  running.thread = next->thread;
  current = next;
  cuda_on_cpu_switch(&self->stack_pointer, next->stack_pointer);
}

void reset_fibers() {
  live = idle_count = 0;
  for (int number = 0; number < made; ++number) {
    prepare(fiber(number), number);
    idle[idle_count++] = &fiber(number);
  }
}

}  // namespace

extern "C" void cuda_on_cpu_fiber_main() {
  for (;;) {
    run_call(call_data);
    --live;
    idle[idle_count++] = current;
    switch_to(next_fiber());
  }
}

Fiber* current_fiber() { return current; }
void make_ready(Fiber* fiber) { ready[ready_tail++ % most_fibers] = fiber; }
void wait_for_turn() { switch_to(next_fiber()); }

void yield() {
  make_ready(current);
  switch_to(running.next < running.threads ? take_fiber() : next_fiber());  // who is waited for may not have begun
}

BarrierResult barrier(bool predicate, SourceLine source) {
  Barrier& b = block_barrier;
  if (b.arrived == 0) {
    b.source = source;
    b.first = running.thread;
  } else if (!same(b.source, source)) {
    stop_kernel(cudaErrorLaunchFailure,
                format("barrier divergence: this thread is at the __syncthreads of %s, thread %s waits at that of %s",
                       text(source).c_str(), text(b.first.index).c_str(), text(b.source).c_str()).c_str(),
                source);
  }
  b.predicates += predicate;
  b.waiting[b.arrived++] = current;
  wait_for_turn();
  return b.result;
}

bool run_block(void (*run)(void*), void* call) {
  run_call = run;
  call_data = call;
  running.next = 0;
  running.copies_pending = false;
  ready_head = ready_tail = 0;
  block_barrier.arrived = block_barrier.predicates = 0;
  abandoned = false;
  reset_warps();
  if (observer) observer->block_began();
  switch_to(next_fiber());
  if (abandoned) {
    reset_fibers();
    reset_copies();
  }
  return !abandoned;
}

// The fibers of the block stay where they are; their stacks are used again from the top. No destructors run.
void abandon_block() {
  abandoned = true;
  void* forgotten = nullptr;
  current = &host;
  cuda_on_cpu_switch(&forgotten, host.stack_pointer);
  __builtin_unreachable();
}

}  // namespace cuda_on_cpu
