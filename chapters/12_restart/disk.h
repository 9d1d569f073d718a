// What checkpoints ask of the disk. Each call stands here, so that a test can put one of its own in its place: one that fails, one
// that is slow, one after which the plug is pulled. They are the system's own and not MPI_File_...: a thread makes them.
#pragma once

#include <unistd.h>

#include <cstdio>

struct Disk {
  ssize_t (*write)(int file, const void* bytes, size_t count, off_t place) = pwrite;
  int (*flush)(int file) = fsync;
  int (*cut)(int file, off_t length) = ftruncate;
  int (*close)(int file) = ::close;
  ssize_t (*read)(int file, void* bytes, size_t count, off_t place) = pread;
  int (*rename)(const char* from, const char* to) = std::rename;
  int (*flush_folder)(int opened) = fsync;
  int (*remove)(const char* file) = std::remove;
};
inline Disk disk;
