// A disk whose flush does not come back while it hangs: disk.flush = hanging_flush (chapters/12_restart/disk.h).
#pragma once

#include <unistd.h>

#include <atomic>

inline std::atomic<bool> hangs = false;
inline int hanging_flush(int file) {
  while (hangs) usleep(1000);
  return fsync(file);
}
