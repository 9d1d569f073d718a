#include "chapters/12_restart/checkpoint_file.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>

#include "chapters/12_restart/agree.h"
#include "chapters/12_restart/checksum.h"
#include "chapters/12_restart/own_file.h"
#include "common/error.h"
#include "common/mpi/session.h"

namespace {

constexpr size_t longest_piece = size_t{1} << 20;  // of a file that is checked: so many numbers in memory at once

size_t byte_of(size_t place) { return CheckpointHeader::bytes + place * sizeof(float); }

// What the file begins with, as rank 0 sees it, on all ranks.
std::string read_start(OwnFile& file, MPI_Comm comm) {
  std::string start;
  if (rank_of(comm) == 0) {
    start.resize(std::min(file.length(), CheckpointHeader::bytes));
    file.read(0, start.data(), start.size());
  }
  agree(file.problem(), comm);
  return from_rank_0(start, comm);
}

void require_length(const std::string& name, OwnFile& file, const CheckpointHeader& header, MPI_Comm comm) {
  const size_t found = file.length(), expected = byte_of(header.numbers());
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
  OwnFile file(name, O_RDONLY);
  const CheckpointHeader header = parse_checkpoint_header(read_start(file, comm), name);
  require_length(name, file, header, comm);

  const Range part = share(header.numbers(), size_t(ranks_of(comm)), size_t(rank_of(comm)));
  std::vector<float> numbers(std::min(part.size(), longest_piece));
  uint64_t sum = 0;
  for (size_t first = part.first; first < part.last; first += longest_piece) {
    const size_t count = std::min(longest_piece, part.last - first);
    file.read(byte_of(first), numbers.data(), count * sizeof(float));
    sum += checksum({numbers.data(), count}, first);
  }
  agree(file.problem(), comm);
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_UINT64_T, MPI_SUM, comm));
  if (sum != header.checksum)
    throw Error(name + ": damaged, its numbers do not have the checksum that its header says");
  return header;
}

void read_checkpoint(const std::string& name, Device& device, std::span<const Segment> segments, MPI_Comm comm) {
  OwnFile file(name, O_RDONLY);
  std::vector<float> numbers;
  for (const Segment& s : segments) {
    numbers.resize(s.count);
    file.read(byte_of(s.place), numbers.data(), s.count * sizeof(float));
    device.copy_in(s.memory, numbers.data(), s.count);
  }
  agree(file.problem(), comm);
}
