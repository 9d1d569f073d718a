#include "chapters/12_restart/own_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "chapters/12_restart/disk.h"

namespace {

constexpr size_t longest_call = size_t{1} << 30;  // Linux takes no more than 2 GiB at once

}  // namespace

OwnFile::OwnFile(const std::string& name, int mode) : name_(name), file_(open(name.c_str(), mode | O_CLOEXEC, 0666)) {
  check(file_ >= 0, "cannot be opened");
}

// A call may take fewer bytes than it was given, where the disk becomes full, say: the next one then says why.
void OwnFile::write(size_t place, const void* bytes, size_t count) {
  const char* next = static_cast<const char*>(bytes);
  while (problem_.empty() && count > 0) {
    const ssize_t written = disk.write(file_, next, std::min(count, longest_call), off_t(place));
    if (written == 0) errno = ENOSPC;
    check(written > 0 || (written < 0 && errno == EINTR), "cannot be written");
    const size_t step = size_t(std::max<ssize_t>(written, 0));
    next += step, place += step, count -= step;
  }
}

void OwnFile::read(size_t place, void* bytes, size_t count) {
  char* next = static_cast<char*>(bytes);
  while (problem_.empty() && count > 0) {
    const ssize_t got = disk.read(file_, next, std::min(count, longest_call), off_t(place));
    if (got == 0) errno = EIO;  // it has become shorter
    check(got > 0 || (got < 0 && errno == EINTR), "cannot be read");
    const size_t step = size_t(std::max<ssize_t>(got, 0));
    next += step, place += step, count -= step;
  }
}

size_t OwnFile::length() {
  struct stat found = {};
  if (problem_.empty()) check(fstat(file_, &found) == 0, "has no length");
  return size_t(found.st_size);
}

void OwnFile::cut(size_t length) {
  if (problem_.empty()) check(disk.cut(file_, off_t(length)) == 0, "cannot be cut");
}

void OwnFile::flush() {
  if (problem_.empty()) check(disk.flush(file_) == 0, "cannot be flushed");
}

void OwnFile::close() {
  if (file_ >= 0) check(disk.close(file_) == 0, "cannot be closed");
  file_ = -1;
}

void OwnFile::check(bool well, const char* what) {
  if (!well && problem_.empty()) problem_ = name_ + ": " + what + ": " + std::strerror(errno);
}
