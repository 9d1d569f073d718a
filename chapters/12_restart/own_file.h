// A file that this rank has open for itself, MPI_COMM_SELF: other ranks have the same file open, each reads and writes where
// it likes, nobody waits. Opened by all together it would be a file in which MPI may collect the ranks' small pieces into
// large ones (MPI_File_write_all), which helps on a cluster's file system and costs where ranks outnumber cores.
// After the first error everything else does nothing, and problem() says what it was: for agree.h.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <string>

class OwnFile {
 public:
  OwnFile(const std::string& name, int mode);  // MPI_MODE_...
  ~OwnFile() { close(); }
  OwnFile(const OwnFile&) = delete;
  OwnFile& operator=(const OwnFile&) = delete;

  // place and count in bytes.
  void write(size_t place, const void* bytes, size_t count);
  void read(size_t place, void* bytes, size_t count);
  size_t length();
  void flush();  // returns when what was written has reached the disk
  void close();

  const std::string& problem() const { return problem_; }

 private:
  void check(int error, const char* what);

  std::string name_, problem_;
  MPI_File file_ = MPI_FILE_NULL;
};
