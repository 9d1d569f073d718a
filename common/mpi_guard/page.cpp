// See page.h. POSIX shared memory, unlinked as soon as every rank has it mapped: nothing stays behind, however
// the job ends.
#include "common/mpi_guard/page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <new>

#include "common/mpi_guard/wait.h"
#include "common/mpi_guard/witness.h"

namespace guard {

namespace {

Slot private_slot;

void hold_alive(Slot& mine) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&mine.alive, &attributes);
  pthread_mutexattr_destroy(&attributes);
  pthread_mutex_lock(&mine.alive);
}

}  // namespace

Slot* slot = &private_slot;

bool Page::everyone_waits() const {
  for (int i = 0; i < ranks; i++) {
    if (slots[i].phase.load() == Phase::starting) return false;
    if (slots[i].phase.load() == Phase::running && slots[i].moves.load() % 2 == 0) return false;
  }
  return true;
}

uint64_t Page::sum_of_moves() const {
  uint64_t sum = 0;
  for (int i = 0; i < ranks; i++) sum += slots[i].moves.load() + slots[i].moves_of_other_threads.load();
  return sum;
}

Page* map_page(const char* name, size_t bytes) {
  const int file = shm_open(name, bytes ? O_CREAT | O_EXCL | O_RDWR : O_RDWR, 0600);
  struct stat found;
  if (file < 0) return nullptr;
  void* memory = MAP_FAILED;
  if ((bytes == 0 || ftruncate(file, off_t(bytes)) == 0) && fstat(file, &found) == 0)
    memory = mmap(nullptr, size_t(found.st_size), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return memory == MAP_FAILED ? nullptr : static_cast<Page*>(memory);
}

Page* create_page(MPI_Comm node, int world_rank) {
  int rank = 0, size = 1;
  PMPI_Comm_rank(node, &rank);
  PMPI_Comm_size(node, &size);
  char name[64] = "";
  Page* page = nullptr;
  if (rank == 0) {
    timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    std::snprintf(name, sizeof name, "/mpi_guard.%d.%lx", int(getpid()), (unsigned long)(now.tv_nsec));
    page = map_page(name, sizeof(Page) + size_t(size) * sizeof(Slot));
  }
  politely(PMPI_Ibcast, name, sizeof name, MPI_CHAR, 0, node);
  if (rank != 0) page = map_page(name);
  if (page) introduce_to_witness(name, rank);
  const bool everywhere = over_ranks(MPI_MIN, page != nullptr, node);
  if (rank == 0) shm_unlink(name);
  if (!everywhere) return nullptr;

  Slot& mine = *new (&page->slots[rank]) Slot;  // fresh shared memory is zero, which is the first value of the page's own fields
  mine.world_rank = world_rank;
  mine.pid = getpid();
  hold_alive(mine);
  if (rank == 0) page->ranks = size;
  mine.phase = Phase::running;
  slot = &mine;
  marker = &mine;
  politely(PMPI_Ibarrier, node);  // nobody looks before everybody has written
  return page;
}

}  // namespace guard
