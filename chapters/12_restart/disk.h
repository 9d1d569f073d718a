// What checkpoints ask of the disk. Each call stands here, so that a test can put one of its own in its place: one that fails, one
// that is slow, one after which the plug is pulled.
#pragma once

#include <mpi.h>
#include <unistd.h>

#include <cstdio>

struct Disk {
  int (*write)(MPI_File, MPI_Offset, const void*, int, MPI_Datatype, MPI_Status*) = MPI_File_write_at;
  int (*flush)(MPI_File) = MPI_File_sync;
  int (*close)(MPI_File*) = MPI_File_close;
  int (*read)(MPI_File, MPI_Offset, void*, int, MPI_Datatype, MPI_Status*) = MPI_File_read_at;
  int (*rename)(const char* from, const char* to) = std::rename;
  int (*flush_folder)(int opened) = fsync;
  int (*remove)(const char* file) = std::remove;
};
inline Disk disk;
