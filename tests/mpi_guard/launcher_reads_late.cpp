// A launcher that hears of the end drops what it has not read. So a rank that ends the job waits until its words are read: here by a child
// that is slow. What follows the wait is MPI's part, and a stand-in for it.
// ranks: 1
// status: 1
// expect: words that nobody has read when the job ends: 0 and 0 bytes
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "tests/mpi_guard/planted.h"

int to_launcher;

int PMPI_Abort(MPI_Comm, int status) {
  int unread[2] = {-1, -1};
  for (int file : {1, 2}) ioctl(file, FIONREAD, &unread[file - 1]);
  dprintf(to_launcher, "words that nobody has read when the job ends: %d and %d bytes\n", unread[0], unread[1]);
  _exit(status);
}

// In place of a launcher's pipe from `file`: one that is read after a while.
void read_late(int file, int microseconds) {
  int words[2];
  if (pipe(words) != 0) _exit(2);
  if (fork() == 0) {
    close(words[1]);
    char some[4096];
    usleep(useconds_t(microseconds));
    while (read(words[0], some, sizeof some) > 0) {
    }
    _exit(0);
  }
  dup2(words[1], file);
  close(words[1]);
}

void planted(int, int) {
  to_launcher = dup(2);
  read_late(2, 300'000);
  read_late(1, 600'000);
  dprintf(1, "the last result\n");
  dprintf(2, "last words\n");
  MPI_Abort(MPI_COMM_WORLD, 1);
}
