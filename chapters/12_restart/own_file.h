// A file that this rank has open for itself: other ranks have the same file open, each reads and writes where it likes, nobody waits.
// After the first error everything else does nothing, and problem() says what it was: for agree.h.
#pragma once

#include <cstddef>
#include <string>

class OwnFile {
 public:
  OwnFile(const std::string& name, int mode);  // O_RDONLY, O_WRONLY | O_CREAT, ...
  ~OwnFile() { close(); }
  OwnFile(const OwnFile&) = delete;
  OwnFile& operator=(const OwnFile&) = delete;

  // place and count in bytes.
  void write(size_t place, const void* bytes, size_t count);
  void read(size_t place, void* bytes, size_t count);
  size_t length();
  void cut(size_t length);  // what is behind is gone
  void flush();             // returns when what was written has reached the disk
  void close();

  const std::string& problem() const { return problem_; }

 private:
  void check(bool well, const char* what);

  std::string name_, problem_;
  int file_ = -1;
};
