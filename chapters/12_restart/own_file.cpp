#include "chapters/12_restart/own_file.h"

#include "chapters/05_collectives/messages.h"
#include "chapters/12_restart/disk.h"
#include "common/mpi/session.h"

namespace {

// MPICH's texts are several lines, of which the last one says what the system said: "WRITE(80): File too large".
std::string text_of(int error) {
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_CHECK(MPI_Error_string(error, text, &length));
  std::string line(text, size_t(length));
  while (line.ends_with('\n')) line.pop_back();
  line = line.substr(line.find_last_of('\n') + 1);
  const size_t place = line.find("): ");
  return place == std::string::npos ? line : line.substr(place + 3);
}

}  // namespace

OwnFile::OwnFile(const std::string& name, int mode) : name_(name) {
  check(MPI_File_open(MPI_COMM_SELF, name.c_str(), mode, MPI_INFO_NULL, &file_), "cannot be opened");
}

void OwnFile::write(size_t place, const void* bytes, size_t count) {
  if (!problem_.empty()) return;
  MPI_Status status;
  int written = 0;
  check(disk.write(file_, MPI_Offset(place), bytes, int(count), MPI_BYTE, &status), "cannot be written");
  if (!problem_.empty()) return;
  // Open MPI 4.1 calls a write on a full disk a success, of fewer bytes.
  MPI_CHECK(MPI_Get_count(&status, MPI_BYTE, &written));
  if (size_t(written) != count)
    problem_ = name_ + ": cannot be written: " + std::to_string(written) + " of " + std::to_string(count) + " bytes";
}

void OwnFile::read(size_t place, void* bytes, size_t count) {
  if (!problem_.empty()) return;
  check(disk.read(file_, MPI_Offset(place), bytes, int(count), MPI_BYTE, MPI_STATUS_IGNORE), "cannot be read");
}

size_t OwnFile::length() {
  MPI_Offset bytes = 0;
  if (problem_.empty()) check(MPI_File_get_size(file_, &bytes), "has no length");
  return size_t(bytes);
}

void OwnFile::flush() {
  if (problem_.empty()) check(disk.flush(file_), "cannot be flushed");
}

void OwnFile::close() {
  if (file_ != MPI_FILE_NULL) check(disk.close(&file_), "cannot be closed");
}

// File functions return their errors: that is MPI's default for files, and only for them.
void OwnFile::check(int error, const char* what) {
  if (error != MPI_SUCCESS && problem_.empty()) problem_ = name_ + ": " + what + ": " + text_of(error);
}
