#include "chapters/13_scaling/world.h"

#if defined(__SANITIZE_ADDRESS__)
#include <dlfcn.h>
#include <sanitizer/asan_interface.h>
#endif
#include <sys/mman.h>

#include <new>

#include "common/error.h"

namespace {

World* current = nullptr;

// AddressSanitizer must be told of each change of stacks: where an exception is caught, it cleans the stack up to its end.
// Its own swapcontext says on each run that it may be wrong.
#if defined(__SANITIZE_ADDRESS__)
const auto change_stacks = reinterpret_cast<decltype(&swapcontext)>(dlsym(dlopen("libc.so.6", RTLD_NOW), "swapcontext"));
#else
constexpr auto change_stacks = swapcontext;
void __asan_unpoison_memory_region(const volatile void*, size_t) {}
void __sanitizer_start_switch_fiber(void**, const void*, size_t) {}
void __sanitizer_finish_switch_fiber(void*, const void**, size_t*) {}
#endif

constexpr size_t page = 4096, stack_bytes = 512 * 1024;  // of address space: only what is used takes memory

void* new_stack() {
  void* memory =
      mmap(nullptr, page + stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  mprotect(memory, page, PROT_NONE);  // a stack that is too small meets it
  __asan_unpoison_memory_region(static_cast<char*>(memory) + page, stack_bytes);  // of one that lay here before
  return memory;
}

// A function of its own: getcontext may return twice.
void make_context(ucontext_t& context, void* stack, void (*begin)()) {
  getcontext(&context);
  context.uc_stack.ss_sp = static_cast<char*>(stack) + page;
  context.uc_stack.ss_size = stack_bytes;
  context.uc_link = nullptr;
  makecontext(&context, begin, 0);
}

}  // namespace

World& world() {
  if (!current) throw Error("simulated MPI: used outside of simulate()");
  return *current;
}

World::World(const Cluster& c, int n, Timeline* t)
    : cluster(c), ranks(n), timeline(t), network(cluster, n, events), fibers_(size_t(n)) {
  if (current) throw Error("simulate: one simulation at a time");
  current = this;
}

World::~World() {
  current = nullptr;
  for (Fiber& fiber : fibers_)
    if (fiber.stack) munmap(fiber.stack, page + stack_bytes);
}

// ---- Fibers ----

void World::begin_fiber() {
  World& w = *current;
  __sanitizer_finish_switch_fiber(nullptr, &w.scheduler_stack_, &w.scheduler_stack_bytes_);
  try {
    (*w.program_)();
  } catch (const Ended&) {
  } catch (...) {
    if (!w.failure_) w.failure_ = std::current_exception();
  }
  w.fibers_[size_t(w.running_)].done = true;
  w.leave();
}

void World::resume(int rank) {
  Fiber& fiber = fibers_[size_t(rank)];
  running_ = rank;
  void* kept = nullptr;
  __sanitizer_start_switch_fiber(&kept, fiber.context.uc_stack.ss_sp, stack_bytes);
  change_stacks(&scheduler_, &fiber.context);
  __sanitizer_finish_switch_fiber(kept, nullptr, nullptr);
  running_ = -1;
}

void World::leave() {
  Fiber& fiber = fibers_[size_t(running_)];
  void* kept = nullptr;
  __sanitizer_start_switch_fiber(fiber.done ? nullptr : &kept, scheduler_stack_, scheduler_stack_bytes_);
  change_stacks(&fiber.context, &scheduler_);
  __sanitizer_finish_switch_fiber(kept, nullptr, nullptr);
}

Simulated World::run(const std::function<void()>& program) {
  program_ = &program;
  for (int r = 0; r < ranks; ++r) {
    Fiber& fiber = fibers_[size_t(r)];
    fiber.stack = new_stack();
    make_context(fiber.context, fiber.stack, begin_fiber);
    events.insert({0, Happens::turn_of_rank, r});
  }
  while (!failure_) {
    // Rates change when all that happens now has happened.
    if ((events.empty() || events.begin()->moment > now_) && network.settle(now_)) continue;
    if (events.empty()) break;
    const Event event = *events.begin();
    events.erase(events.begin());
    now_ = event.moment;
    ++happened_;
    if (event.what == Happens::turn_of_rank)
      resume(event.number);
    else
      message_event(event);
  }
  if (const std::string waiting = failure_ ? "" : who_waits(); !waiting.empty())
    failure_ = std::make_exception_ptr(Error("deadlock: every rank has ended or waits" + waiting));
  if (failure_) {
    ending_ = true;
    for (int r = 0; r < ranks; ++r)
      while (!fibers_[size_t(r)].done) resume(r);
    std::rethrow_exception(failure_);
  }

  Simulated result{.work = {happened_, network.queued(), network.looked_at()}, .ranks = {}};
  for (const Fiber& fiber : fibers_) {
    result.seconds = std::max(result.seconds, fiber.time.seconds);
    result.ranks.push_back(fiber.time);
  }
  return result;
}

std::string World::who_waits() const {
  constexpr int most = 4;
  int waiting = 0;
  std::string text;
  for (int r = 0; r < ranks; ++r)
    if (!fibers_[size_t(r)].done && ++waiting <= most)
      text += "\n  rank " + std::to_string(r) + " waits for " + words_for(fibers_[size_t(r)].waits_for);
  return waiting > most ? text + "\n  and " + std::to_string(waiting - most) + " more" : text;
}

// ---- Clocks and turns ----

void World::take_turn() {
  if (ending_) throw Ended{};
  const double clock = now();
  if (clock == now_) return;
  if (network.settled() && (events.empty() || clock < events.begin()->moment)) {
    now_ = clock;  // nothing happens before
    return;
  }
  events.insert({clock, Happens::turn_of_rank, running_});
  leave();
  if (ending_) throw Ended{};
}

void World::sleep(int request) {
  fibers_[size_t(running_)].waits_for = request;
  leave();
}

void World::wake(int rank, int request) {
  Fiber& fiber = fibers_[size_t(rank)];
  if (fiber.waits_for != request) return;
  fiber.waits_for = -1;
  const double at = std::max(now_, fiber.time.seconds);
  fiber.time.waiting += at - fiber.time.seconds;
  fiber.time.seconds = at;
  events.insert({at, Happens::turn_of_rank, rank});
}
