#include "chapters/12_restart/checkpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "chapters/05_collectives/messages.h"
#include "chapters/12_restart/agree.h"
#include "chapters/12_restart/checksum.h"
#include "chapters/12_restart/disk.h"
#include "chapters/12_restart/own_file.h"
#include "common/error.h"
#include "common/mpi/session.h"

static_assert(std::endian::native == std::endian::little, "checkpoints hold little-endian floats");

namespace {

// Numbers start behind the header. Calls use(place in the file, memory, count) for pieces that are short enough for MPI.
constexpr size_t longest_piece = size_t{1} << 20;

template <class Use>
void for_each_piece(size_t place, size_t count, Use use) {
  for (size_t first = 0; first < count; first += longest_piece)
    use(CheckpointHeader::bytes + (place + first) * sizeof(float), first, std::min(longest_piece, count - first));
}

uint64_t sum_over_ranks(uint64_t mine, MPI_Comm comm) {
  uint64_t sum = 0;
  MPI_CHECK(MPI_Allreduce(&mine, &sum, 1, MPI_UINT64_T, MPI_SUM, comm));
  return sum;
}

// By all ranks: the file is long enough and every number is in it, on the disk.
void write_numbers(const std::string& name, std::span<const Segment> segments, const std::vector<float>& numbers,
                   MPI_Comm comm) {
  OwnFile file(name, MPI_MODE_CREATE | MPI_MODE_WRONLY);
  const float* next = numbers.data();
  for (const Segment& s : segments) {
    for_each_piece(s.place, s.count, [&](size_t place, size_t first, size_t count) {
      file.write(place, next + first, count * sizeof(float));
    });
    next += s.count;
  }
  file.flush();
  file.close();
  agree(file.problem(), comm);
}

// By rank 0, after everything else.
void write_header(const std::string& name, const CheckpointHeader& header, MPI_Comm comm) {
  std::string problem;
  if (rank_of(comm) == 0) {
    OwnFile file(name, MPI_MODE_WRONLY);
    const std::string bytes = to_bytes(header);
    file.write(0, bytes.data(), bytes.size());
    file.flush();
    file.close();
    problem = file.problem();
  }
  agree(problem, comm);
}

// A name is a line in the folder, and the folder is a file that must reach the disk, too.
std::string rename_and_flush(const std::string& from, const std::string& to) {
  if (disk.rename(from.c_str(), to.c_str()) != 0) return to + ": cannot be renamed: " + std::strerror(errno);
  std::string folder = std::filesystem::path(to).parent_path();
  const int opened = open(folder.empty() ? "." : folder.c_str(), O_RDONLY);
  if (opened >= 0) {
    disk.flush_folder(opened);  // some file systems cannot; then there is nothing more to be done
    close(opened);
  }
  return "";
}

}  // namespace

// ---- writing ----

void write_checkpoint(const std::string& file, CheckpointHeader header, Device& device,
                      std::span<const Segment> segments, MPI_Comm comm) {
  // A copy: on the host, one segment after another.
  std::vector<float> numbers;
  uint64_t sum = 0;
  for (const Segment& s : segments) {
    const size_t before = numbers.size();
    numbers.resize(before + s.count);
    device.copy_out(numbers.data() + before, s.memory, s.count);
    sum += checksum({numbers.data() + before, s.count}, s.place);
  }
  header.checksum = sum_over_ranks(sum, comm);
  const uint64_t count = sum_over_ranks(numbers.size(), comm);
  if (count != header.numbers())
    throw Error(file + ": the ranks hold " + std::to_string(count) + " numbers, expected " +
                std::to_string(header.numbers()));

  const std::string partial = file + ".partial";
  const bool names = rank_of(comm) == 0;
  if (names) disk.remove(partial.c_str());  // an earlier run may have left one behind
  MPI_CHECK(MPI_Barrier(comm));
  try {
    write_numbers(partial, segments, numbers, comm);
    write_header(partial, header, comm);
    agree(names ? rename_and_flush(partial, file) : "", comm);
  } catch (const Error&) {
    if (names) disk.remove(partial.c_str());
    throw;
  }
}

// ---- reading ----

namespace {

// What the file begins with, as rank 0 sees it, on all ranks.
std::string read_start(OwnFile& file, MPI_Comm comm) {
  std::string start;
  if (rank_of(comm) == 0) {
    start.resize(std::min(file.length(), CheckpointHeader::bytes));
    file.read(0, start.data(), start.size());
  }
  agree(file.problem(), comm);
  int length = int(start.size());
  MPI_CHECK(MPI_Bcast(&length, 1, MPI_INT, 0, comm));
  start.resize(size_t(length));
  MPI_CHECK(MPI_Bcast(start.data(), length, MPI_BYTE, 0, comm));
  return start;
}

void require_length(const std::string& name, OwnFile& file, const CheckpointHeader& header, MPI_Comm comm) {
  const size_t found = file.length(), expected = CheckpointHeader::bytes + header.numbers() * sizeof(float);
  std::string problem = file.problem();
  if (problem.empty() && found != expected)
    problem = name + (found < expected ? ": cut short: " : ": too long: ") + std::to_string(found) + " bytes, expected " +
              std::to_string(expected);
  agree(problem, comm);
}

}  // namespace

CheckpointHeader check_checkpoint(const std::string& name, MPI_Comm comm) {
  std::error_code ignored;
  const bool folder = rank_of(comm) == 0 && std::filesystem::is_directory(name, ignored);
  agree(folder ? name + ": is a folder, expected a checkpoint" : "", comm);
  OwnFile file(name, MPI_MODE_RDONLY);
  const CheckpointHeader header = parse_checkpoint_header(read_start(file, comm), name);
  require_length(name, file, header, comm);

  const Range part = share(header.numbers(), size_t(ranks_of(comm)), size_t(rank_of(comm)));
  std::vector<float> numbers(std::min(part.size(), longest_piece));
  uint64_t sum = 0;
  for_each_piece(part.first, part.size(), [&](size_t place, size_t first, size_t count) {
    file.read(place, numbers.data(), count * sizeof(float));
    sum += checksum({numbers.data(), count}, part.first + first);
  });
  agree(file.problem(), comm);
  if (sum_over_ranks(sum, comm) != header.checksum)
    throw Error(name + ": damaged, its numbers do not have the checksum that its header says");
  return header;
}

void read_checkpoint(const std::string& name, Device& device, std::span<const Segment> segments, MPI_Comm comm) {
  OwnFile file(name, MPI_MODE_RDONLY);
  std::vector<float> numbers;
  for (const Segment& s : segments) {
    numbers.resize(s.count);
    for_each_piece(s.place, s.count, [&](size_t place, size_t first, size_t count) {
      file.read(place, numbers.data() + first, count * sizeof(float));
    });
    device.copy_in(s.memory, numbers.data(), s.count);
  }
  agree(file.problem(), comm);
}
