// A launcher that hears of the end drops what it has not read. So a rank that ends the job waits until its words are read: here by a child
// that is slow. What follows the wait is MPI's part, and a stand-in for it.
// ranks: 1
// status: 1
// expect: words that nobody has read when the job ends: 0 bytes
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "tests/mpi_guard/planted.h"

int to_launcher;

int PMPI_Abort(MPI_Comm, int status) {
  int unread = -1;
  ioctl(2, FIONREAD, &unread);
  dprintf(to_launcher, "words that nobody has read when the job ends: %d bytes\n", unread);
  _exit(status);
}

void planted(int, int) {
  int words[2];
  to_launcher = dup(2);
  if (pipe(words) != 0) _exit(2);
  if (fork() == 0) {
    close(words[1]);
    char some[4096];
    usleep(500'000);
    while (read(words[0], some, sizeof some) > 0) {
    }
    _exit(0);
  }
  dup2(words[1], 2);
  std::fputs("last words\n", stderr);
  MPI_Abort(MPI_COMM_WORLD, 1);
}
