// What one rank has left undone is read before another one, which has nothing to say, ends the job: the launcher drops what is unread then.
// Here a child reads late.
// ranks: 2
// one host: they share no memory
// once: rank 0 ends the job, rank 1 was read: yes
#include <dlfcn.h>
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "common/mpi_guard/watchdog.h"
#include "tests/mpi_guard/planted.h"

volatile int* was_read;
int to_launcher, my_rank;

int PMPI_Abort(MPI_Comm comm, int status) {
  while (my_rank != 0) pause();
  dprintf(to_launcher, "rank 0 ends the job, rank 1 was read: %s\n", *was_read ? "yes" : "no");
  guard::wait_until_words_are_read();
  return reinterpret_cast<int (*)(MPI_Comm, int)>(dlsym(RTLD_NEXT, "PMPI_Abort"))(comm, status);
}

// In place of a launcher's pipe from standard error: what is in it is read a while after it was written.
void read_late() {
  int words[2];
  if (pipe(words) != 0) _exit(2);
  if (fork() == 0) {
    close(words[1]);
    pollfd some{words[0], POLLIN, 0};
    if (poll(&some, 1, -1) != 1) _exit(2);
    usleep(300'000);
    *was_read = 1;
    char text[4096];
    while (read(words[0], text, sizeof text) > 0) {
    }
    _exit(0);
  }
  dup2(words[1], 2);
  close(words[1]);
}

void planted(int rank, int) {
  setenv("GUARD_LEFTOVERS", "1", 1);
  my_rank = rank, to_launcher = dup(2);
  MPI_Win window;
  MPI_Aint bytes;
  int unit;
  static int value;
  void* memory;
  MPI_Win_allocate_shared(rank == 0 ? sizeof(int) : 0, sizeof(int), MPI_INFO_NULL, MPI_COMM_WORLD, &memory, &window);
  MPI_Win_shared_query(window, 0, &bytes, &unit, &memory);
  was_read = static_cast<int*>(memory);
  if (rank == 0) *was_read = 0;
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Request request;
  if (rank == 0) MPI_Send(&value, 1, MPI_INT, 1, 1, MPI_COMM_WORLD);
  else MPI_Irecv(&value, 1, MPI_INT, 0, 1, MPI_COMM_WORLD, &request), read_late();
}
