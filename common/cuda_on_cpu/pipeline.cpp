// __pipeline_memcpy_async: every thread has a queue of batches of copies. A copy is carried out when a wait covers it.
#include <cstring>
#include <deque>

#include <cuda_pipeline.h>
#include "common/cuda_on_cpu/runtime.h"

namespace cuda_on_cpu {

namespace {

struct Copy {
  char* shared;
  const char* global;
  size_t bytes, read;
  const void* where;
};

struct ThreadCopies {
  std::deque<std::vector<Copy>> committed;  // oldest first
  std::vector<Copy> open;                   // not committed yet
};

ThreadCopies threads[most_fibers];

void carry_out(const std::vector<Copy>& batch) {
  for (const Copy& copy : batch) {
    std::memcpy(copy.shared, copy.global, copy.read);
    std::memset(copy.shared + copy.read, 0, copy.bytes - copy.read);
    if (observer) observer->copy_ended(copy.shared, copy.global, copy.bytes, copy.read, copy.where);
  }
}

}  // namespace

void copy_async(void* shared, const void* global, size_t bytes, size_t zero_fill, const void* where, SourceLine source) {
  if (bytes != 4 && bytes != 8 && bytes != 16)
    stop_kernel(cudaErrorLaunchFailure, format("__pipeline_memcpy_async of %zu bytes: 4, 8 or 16 are possible", bytes).c_str(),
                source);
  if ((reinterpret_cast<uintptr_t>(shared) | reinterpret_cast<uintptr_t>(global)) % bytes != 0)
    stop_kernel(cudaErrorMisalignedAddress,
                format("__pipeline_memcpy_async: both addresses must be multiples of %zu", bytes).c_str(), source);
  if (zero_fill > bytes) stop_kernel(cudaErrorLaunchFailure, "__pipeline_memcpy_async: zero_fill exceeds the size", source);
  if (observer) observer->copy_began(shared, bytes, where);
  std::memset(shared, 0xff, bytes);
  threads[running.thread.number].open.push_back(
      {static_cast<char*>(shared), static_cast<const char*>(global), bytes, bytes - zero_fill, where});
  running.copies_pending = true;
}

void copy_commit() {
  ThreadCopies& mine = threads[running.thread.number];
  running.copies_pending = true;  // also an empty batch counts
  mine.committed.push_back(std::move(mine.open));
  mine.open.clear();
}

void copy_wait(unsigned newest_left_alone) {
  ThreadCopies& mine = threads[running.thread.number];
  while (mine.committed.size() > newest_left_alone) {
    carry_out(mine.committed.front());
    mine.committed.pop_front();
  }
}

// The thread has returned; its copies still arrive.
void finish_copies() {
  copy_wait(0);
  ThreadCopies& mine = threads[running.thread.number];
  carry_out(mine.open);
  mine.open.clear();
}

// An abandoned kernel leaves copies behind; nothing may come of them.
void reset_copies() {
  for (ThreadCopies& thread : threads) thread = {};
}

}  // namespace cuda_on_cpu
