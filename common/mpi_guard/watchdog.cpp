// See watchdog.h. Each rank has one helper thread. It naps on its neighbour's `alive` lock, so a death wakes it
// at once; it answers questions for its rank; and on the first rank of each node it watches the page.
#include "common/mpi_guard/watchdog.h"

#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "common/mpi_guard/alarm.h"
#include "common/mpi_guard/diagnose.h"
#include "common/mpi_guard/nodes.h"

namespace guard {
namespace {

constexpr long nap_ns = 100'000'000;

struct Watch {
  Page* page = nullptr;
  int node_rank = 0;
  std::atomic<bool> stop{false};
};
Watch watch;

double seconds_of_patience() {
  const char* text = std::getenv("GUARD_TIMEOUT");
  return text && *text ? std::atof(text) : 10.0;
}

void say(const std::string& text) {
  [[maybe_unused]] const ssize_t written = write(2, text.data(), text.size());
}

void sleep_for(long nanoseconds) {
  const timespec pause{0, nanoseconds};
  nanosleep(&pause, nullptr);
}

// Ends this rank, whatever its own thread does: it may stand in MPI, or in the system. No MPI call: MPI may be in the middle
// of one. Every rank exits with the same status, and the witnesses hold the launcher's pipes until the last of the node has
// gone: a launcher that sees one exit kills the others, and then reports the signal, not the status. The first rank of a node
// goes last; rank 0's node goes when the others have gone.
[[noreturn]] void leave() {
  if (watch.node_rank == 0) sleep_for(3 * nap_ns);
  _exit(guard_exit_status);
}

[[noreturn]] void end_job() {
  watch.page->ending = watch.page->leaving = true;
  // A helper that speaks for its node hears of it, and does all this: its sockets are its own.
  for (int i = 0; i < 5 && !is_helper_thread && watch.node_rank == 0; i++) sleep_for(999'999'999);
  tell_other_nodes_of_the_end();
  leave();
}

// The rank's witness has said so, and the launcher ends the job now. One that does not is helped.
void end_job_after_death() {
  sleep_for(999'999'999);
  end_job();
}

// Sleeps until the nap is over, or the neighbour's lock is free: because it died, or because it finalized.
void nap_at(Slot& neighbour) {
  timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += nap_ns;
  if (until.tv_nsec >= 1'000'000'000) until.tv_sec++, until.tv_nsec -= 1'000'000'000;
  const int error = pthread_mutex_timedlock(&neighbour.alive, &until);
  if (error == ETIMEDOUT) return;
  if (error == EOWNERDEAD) {
    pthread_mutex_consistent(&neighbour.alive);
    if (!watch.page->leaving && !watch.stop && neighbour.phase != Phase::finalized) end_job_after_death();
  }
  if (error == 0 || error == EOWNERDEAD) pthread_mutex_unlock(&neighbour.alive);
  sleep_for(nap_ns);
}

void help() {
  is_helper_thread = true;
  Page& page = *watch.page;
  Slot& neighbour = page.slots[(watch.node_rank + 1) % page.ranks];
  Alarm alarm(page, seconds_of_patience());
  while (!watch.stop) {
    page.ranks > 1 ? nap_at(neighbour) : sleep_for(nap_ns);
    if (watch.stop) return;
    if (page.leaving || another_node_ends_the_job()) end_job();
    if (another_node_died()) end_job_after_death();
    answer_question(page);
    if (watch.node_rank != 0 || page.ending) continue;
    const std::string verdict = alarm.look();
    if (verdict.empty() || page.ending.exchange(true)) continue;
    say(verdict);
    end_job();
  }
}

}  // namespace

void start_watchdog(Page* page, int node_rank) {
  if (!page) return;
  watch.page = page;
  watch.node_rank = node_rank;
  // Never joined: at the end it may be asleep, and the page that it reads stays mapped.
  std::thread(help).detach();
}

void stop_watchdog() {
  watch.stop = true;
  if (!watch.page) return;
  take_leave_of_other_nodes();
  slot->phase = Phase::finalized;
  pthread_mutex_unlock(&slot->alive);
}

void watchdog_job_is_ending() {
  if (!watch.page || watch.page->ending.exchange(true)) return;
  // A program that gives up in a collective may do so because the others called it differently.
  if (kind_of(slot->call.op) != Kind::collective) return;
  constexpr double seconds = 3;  // a tenth of one is enough, but not on a busy machine
  const std::vector<RankReport> reports = ask_node(*watch.page, seconds);
  if (int(reports.size()) != ranks_in_job()) return;
  for (const std::string& line : collective_mismatches(reports)) say("guard: " + line + "\n");
}

void wait_until_words_are_read() {
  const auto unread = [](int file) {
    struct stat found;
    int bytes = 0;
    return fstat(file, &found) == 0 && S_ISFIFO(found.st_mode) && ioctl(file, FIONREAD, &bytes) == 0 && bytes > 0;
  };
  for (int looks = 0; looks < 5000 && (unread(1) || unread(2)); looks++) sleep_for(1'000'000);
}

void end_job_without_finalize() {
  // Inside a call it is MPI itself that ends the process, after an error of which it has said enough.
  if (watch.stop || !watch.page || slot->moves.load() % 2 == 1 || watch.page->ending.exchange(true)) return;
  say("guard: rank " + std::to_string(slot->world_rank) + " leaves the program without MPI_Finalize\n");
  end_job();
}

}  // namespace guard
