#include "chapters/12_restart/stop_signal.h"

#include <atomic>
#include <csignal>

#include "common/timer.h"

namespace {

// All that a handler may touch: anything else could be half changed when the signal comes.
volatile std::sig_atomic_t received_signal = 0;
std::atomic<double> received_at = 0;
struct sigaction before_term, before_usr1, before_xfsz;

void note(int signal) {
  const double now = clock_seconds();  // clock_gettime, which a handler may call
  if (received_signal == 0) received_at = now;
  received_signal = signal;
  if (!(now - received_at > 1)) return;
  std::signal(signal, SIG_DFL);
  raise(signal);  // comes when this handler has returned
}

void handle(int signal, void (*handler)(int), struct sigaction* before) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;  // a system call that is under way, in MPI say, is not to fail
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, before);
}

}  // namespace

StopSignal::StopSignal() {
  received_signal = 0;
  handle(SIGTERM, note, &before_term);
  handle(SIGUSR1, note, &before_usr1);
  // A file that grows beyond `ulimit -f` would kill the process; ignored, the write fails and says so.
  handle(SIGXFSZ, SIG_IGN, &before_xfsz);
}

StopSignal::~StopSignal() {
  sigaction(SIGTERM, &before_term, nullptr);
  sigaction(SIGUSR1, &before_usr1, nullptr);
  sigaction(SIGXFSZ, &before_xfsz, nullptr);
}

int StopSignal::received() const { return received_signal; }

const char* name_of_signal(int signal) { return signal == SIGTERM ? "SIGTERM" : "SIGUSR1"; }
