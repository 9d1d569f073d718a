// See witness.h.
#include "common/mpi_guard/witness.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "common/mpi_guard/page.h"

namespace guard {
namespace {

int to_witness = -1;  // the rank's end of the socket
pid_t witness = -1;

struct Introduction {
  char page_name[64];
  int index;
};

// False at the end of the file: nobody holds the other end any more.
bool read_whole(int from, void* data, size_t bytes) {
  ssize_t got;
  do got = read(from, data, bytes);
  while (got < 0 && errno == EINTR);
  return got == ssize_t(bytes);
}

void speak(const Slot& dead) {
  char host[64] = "", text[256];
  gethostname(host, sizeof host - 1);
  const bool in_mpi = dead.moves.load() % 2 == 1;
  const int length = std::snprintf(
      text, sizeof text, "guard: rank %d (process %d on %s) has ended without MPI_Finalize; it was %s%s\n",
      dead.world_rank, int(dead.pid), host, in_mpi ? "in " : "outside MPI",
      in_mpi ? name_of(dead.call.op) : "");
  [[maybe_unused]] const ssize_t written = write(2, text, size_t(length));
}

// Sleeps until no rank of the node lives, five seconds at most: a stopped one cannot end itself. Looks now and then instead
// of waiting for the locks: a lock whose owner dies wakes one of those that wait, which may be dying, too.
void outlive_all(Page& page) {
  constexpr timespec pause{0, 20'000'000};
  for (int i = 0, looks = 250; i < page.ranks && looks > 0;) {
    const int error = pthread_mutex_trylock(&page.slots[i].alive);
    if (error == EBUSY) {
      nanosleep(&pause, nullptr);
      looks--;
      continue;
    }
    if (error == EOWNERDEAD) pthread_mutex_consistent(&page.slots[i].alive);
    if (error == 0 || error == EOWNERDEAD) pthread_mutex_unlock(&page.slots[i].alive);
    i++;
  }
}

// The child's whole life. Ends without destructors and atexit functions: those are the rank's.
[[noreturn]] void watch_rank(int rank_end) {
  setsid();  // the launcher kills by session; a witness that dies with its rank is of no use
  for (int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) signal(number, SIG_IGN);
  Introduction rank;
  if (!read_whole(rank_end, &rank, sizeof rank))
    _exit(0);  // died in MPI_Init: the launcher's message must do
  Page* page = map_page(rank.page_name);
  char byte = 1;
  if (write(rank_end, &byte, 1) != 1 || !page) _exit(0);
  const bool dismissed = read_whole(rank_end, &byte, 1);
  // One line is enough: the launcher ends the other ranks because of the first.
  if (!dismissed && !page->ending.exchange(true)) speak(page->slots[rank.index]);
  if (page->leaving) {
    // The launcher sees the end of the ranks' output, in every copy of it, and asks for their exit status. If it saw the end
    // of its own line to a rank first, it would call that a crash, with status 1: so that line stays open a while.
    const char* line = std::getenv("PMI_FD");
    const int kept = line ? std::atoi(line) : -1;
    outlive_all(*page);
    for (int file = 0; file < 1024; file++)
      if (file != kept) close(file);
    if (kept >= 0) sleep(2);
  }
  _exit(0);
}

}  // namespace

void start_witness() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return;
  witness = fork();
  if (witness == 0) {
    close(ends[0]);
    watch_rank(ends[1]);
  }
  close(ends[1]);
  to_witness = ends[0];
}

void introduce_to_witness(const char* page_name, int index) {
  if (witness < 0) return;
  Introduction rank{};
  std::strncpy(rank.page_name, page_name, sizeof rank.page_name - 1);
  rank.index = index;
  char heard;
  if (send(to_witness, &rank, sizeof rank, MSG_NOSIGNAL) == ssize_t(sizeof rank))
    read_whole(to_witness, &heard, 1);
}

void dismiss_witness() {
  if (witness < 0) return;
  const char byte = 1;
  send(to_witness, &byte, 1, MSG_NOSIGNAL);
  close(to_witness);
  while (waitpid(witness, nullptr, 0) < 0 && errno == EINTR) {
  }
  witness = -1;
}

}  // namespace guard
