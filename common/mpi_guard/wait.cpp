// See wait.h. sched_yield costs about a microsecond; the alternative, spinning to the end of the time slice
// as MPICH does, costs the rank that has work to do up to 4 ms for each rank that has none.
#include "common/mpi_guard/wait.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/mpi_guard/errors.h"

namespace guard {

bool polite = false;

namespace {

constexpr long slow_yield_ns = 300'000;  // among waiting ranks alone a yield takes a few microseconds
constexpr int few_sleeps = 5, many_sleeps = 100;
constexpr int soon = 30;  // quick yields between two slow ones
constexpr timespec short_sleep{0, 20'000};
thread_local int sleeps_left = 0, sleeps_next = few_sleeps, quick_yields = 0;

}  // namespace

int64_t (*now_ns)() = [] {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
};

// sched_yield lets everybody else on this core go first. Where one of them computes, it keeps the core for its
// whole time slice of some milliseconds. A sleeper is treated better: when it wakes, it goes first. But a sleep is
// longer than a quick yield: so a slow yield alone is followed by a few sleeps, and by more and more if others follow.
void yield_core() {
  if (sleeps_left > 0) {
    sleeps_left--;
    nanosleep(&short_sleep, nullptr);
    return;
  }
  const int64_t begin = now_ns();
  sched_yield();
  if (now_ns() - begin > slow_yield_ns) {
    sleeps_next = quick_yields < soon ? std::min(many_sleeps, 4 * sleeps_next) : few_sleeps;
    sleeps_left = sleeps_next;
    quick_yields = 0;
  } else if (quick_yields < soon) {
    quick_yields++;
  }
}

int wait_politely(MPI_Request* request, MPI_Status* status) {
  for (int done = 0;; yield_core()) {
    const int error = PMPI_Test(request, &done, status);
    if (error != MPI_SUCCESS || done) return error;
  }
}

namespace {

constexpr long period_ns = 100'000;   // 20 us spends the core on signals; 500 us waits twice as long
constexpr int yield_signal = SIGURG;  // ignored by default, so a late one does no harm

thread_local int armed_timers = 0;  // regions nest: MPI_File_open calls MPI_Comm_dup inside some libraries

// One timer per thread, made when the thread first needs it.
struct Timer {
  timer_t id{};
  bool valid = false;

  Timer() {
    struct sigaction action {};
    action.sa_sigaction = on_yield_signal;
    action.sa_flags = SA_RESTART | SA_SIGINFO;
    sigaction(yield_signal, &action, nullptr);
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = yield_signal;
    event.sigev_value.sival_ptr = this;
    event._sigev_un._tid = pid_t(syscall(SYS_gettid));
    valid = timer_create(CLOCK_MONOTONIC, &event, &id) == 0;
  }
  ~Timer() {
    if (valid) timer_delete(id);
  }
  void set(long nanoseconds) {
    const itimerspec once{{0, 0}, {0, nanoseconds}};
    if (valid) timer_settime(id, 0, &once, nullptr);
  }

  // Where many processes want the core, it comes back after many periods. The next period begins then: a timer that had gone on
  // meanwhile would give the core away again at once, and so for ever, before MPI has done a single step. All of this is safe in a handler.
  static void on_yield_signal(int, siginfo_t* info, void*) {
    const int saved = errno;
    sched_yield();
    if (armed_timers > 0) static_cast<Timer*>(info->si_value.sival_ptr)->set(period_ns);
    errno = saved;
  }
};

Timer& timer_of_this_thread() {
  thread_local Timer timer;
  return timer;
}

}  // namespace

YieldByTimer::YieldByTimer(bool wanted) : armed_(wanted) {
  if (armed_ && armed_timers++ == 0) timer_of_this_thread().set(period_ns);
}

YieldByTimer::~YieldByTimer() {
  if (armed_ && --armed_timers == 0) timer_of_this_thread().set(0);
}

namespace {

// Returns whether to arm the timer: always when polite, after the others have arrived.
bool after_polled_barrier(MPI_Comm communicator) {
  if (!polite) return false;
  if (communicator != MPI_COMM_NULL) {
    const QuietErrors quiet(communicator);  // of a bad one: the call itself complains
    politely(PMPI_Ibarrier, communicator);
  }
  return true;
}

}  // namespace

PoliteRegion::PoliteRegion(MPI_Comm communicator) : timer_(after_polled_barrier(communicator)) {}

}  // namespace guard
