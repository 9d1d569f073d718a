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

void* map(const char* name, int flags, size_t bytes) {
  const int file = shm_open(name, flags, 0600);
  if (file < 0) return nullptr;
  void* memory = MAP_FAILED;
  if (!(flags & O_CREAT) || ftruncate(file, off_t(bytes)) == 0)
    memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return memory == MAP_FAILED ? nullptr : memory;
}

void bcast_politely(void* data, int bytes, MPI_Comm node) {
  MPI_Request request;
  finish_politely(PMPI_Ibcast(data, bytes, MPI_CHAR, 0, node, &request), &request);
}

bool all_of(bool mine, MPI_Comm node) {
  int here = mine, all = 0;
  MPI_Request request;
  finish_politely(PMPI_Iallreduce(&here, &all, 1, MPI_INT, MPI_MIN, node, &request), &request);
  return all;
}

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

Page* create_page(MPI_Comm node, int world_rank) {
  int rank = 0, size = 1;
  PMPI_Comm_rank(node, &rank);
  PMPI_Comm_size(node, &size);
  const size_t bytes = sizeof(Page) + size_t(size) * sizeof(Slot);
  char name[64] = "";
  void* memory = nullptr;
  if (rank == 0) {
    timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    std::snprintf(name, sizeof name, "/mpi_guard.%d.%lx", int(getpid()), (unsigned long)(now.tv_nsec));
    memory = map(name, O_CREAT | O_EXCL | O_RDWR, bytes);
  }
  bcast_politely(name, sizeof name, node);
  if (rank != 0) memory = map(name, O_RDWR, bytes);
  if (memory) introduce_to_witness(name, rank);
  const bool everywhere = all_of(memory != nullptr, node);
  if (rank == 0) shm_unlink(name);
  if (!everywhere) return nullptr;

  Page* page = static_cast<Page*>(memory);  // fresh shared memory is zero, which is every field's first value
  Slot& mine = *new (&page->slots[rank]) Slot;
  mine.world_rank = world_rank;
  mine.pid = getpid();
  hold_alive(mine);
  if (rank == 0) page->ranks = size;
  mine.phase = Phase::running;
  slot = &mine;
  marker = &mine;
  all_of(true, node);  // nobody looks before everybody has written
  return page;
}

}  // namespace guard
