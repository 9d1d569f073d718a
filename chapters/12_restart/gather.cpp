#include "chapters/12_restart/gather.h"

#include <algorithm>
#include <climits>
#include <cstring>

#include "chapters/12_restart/agree.h"
#include "common/error.h"
#include "common/mpi/session.h"

namespace {

constexpr size_t page = 1024;  // numbers

// A run of numbers that follow each other in the file.
struct Stretch {
  uint64_t place, count;
};

// What goes to, or comes from, each rank, in the order of the ranks.
struct Parcel {
  std::vector<int> pieces, numbers;  // by rank: how many
  std::vector<Stretch> list;
  std::vector<float> content;

  explicit Parcel(int ranks) : pieces(size_t(ranks)), numbers(size_t(ranks)) {}
};

// Segments in the order of the file, cut where blocks meet: then they are in the order of the ranks, too.
Parcel pack(Device& device, std::span<const Segment> segments, size_t numbers, int ranks) {
  std::vector<Segment> sorted(segments.begin(), segments.end());
  std::ranges::sort(sorted, {}, &Segment::place);
  Parcel parcel(ranks);
  size_t held = 0;
  for (const Segment& s : sorted) held += s.count;
  parcel.content.reserve(held);
  int to = 0;
  for (const Segment& s : sorted) {
    parcel.content.resize(parcel.content.size() + s.count);
    device.copy_out(parcel.content.data() + parcel.content.size() - s.count, s.memory, s.count);
    for (size_t done = 0; done < s.count;) {
      while (block_of(numbers, ranks, to).last <= s.place + done) ++to;
      const size_t count = std::min(s.count - done, block_of(numbers, ranks, to).last - (s.place + done));
      parcel.list.push_back({s.place + done, count});
      ++parcel.pieces[size_t(to)];
      parcel.numbers[size_t(to)] += int(count);
      done += count;
    }
  }
  return parcel;
}

std::vector<int> starts_of(const std::vector<int>& counts) {
  std::vector<int> starts(counts.size());
  for (size_t r = 1; r < counts.size(); ++r) starts[r] = starts[r - 1] + counts[r - 1];
  return starts;
}

// Element by element of any type, MPI's counts given in bytes or floats.
template <class Element>
std::vector<Element> exchange(const std::vector<Element>& mine, std::vector<int> out, std::vector<int> in, int each, MPI_Datatype type,
                              MPI_Comm comm) {
  for (int& count : out) count *= each;
  for (int& count : in) count *= each;
  const std::vector<int> to = starts_of(out), from = starts_of(in);
  std::vector<Element> theirs(size_t(from.back() + in.back()) / size_t(each));
  MPI_CHECK(MPI_Alltoallv(mine.data(), out.data(), to.data(), type, theirs.data(), in.data(), from.data(), type, comm));
  return theirs;
}

std::string problem_with(std::span<const Segment> segments, size_t numbers, const std::string& file) {
  size_t sum = 0;
  for (const Segment& s : segments) {
    if (s.place + s.count > numbers) return file + ": a segment ends behind the file's " + std::to_string(numbers) + " numbers";
    sum += s.count;
  }
  return sum > INT_MAX ? file + ": a rank holds " + std::to_string(sum) + " numbers, more than MPI can count" : "";
}

}  // namespace

Range block_of(size_t numbers, int ranks, int rank) {
  const Range pages = share((numbers + page - 1) / page, size_t(ranks), size_t(rank));
  return {std::min(pages.first * page, numbers), std::min(pages.last * page, numbers)};
}

std::vector<float> gather_block(const std::string& file, Device& device, std::span<const Segment> segments, size_t numbers,
                                MPI_Comm comm) {
  agree(problem_with(segments, numbers, file), comm);
  const int ranks = ranks_of(comm);
  const Range block = block_of(numbers, ranks, rank_of(comm));
  Parcel out = pack(device, segments, numbers, ranks);
  uint64_t held = out.content.size();
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &held, 1, MPI_UINT64_T, MPI_SUM, comm));
  if (held != numbers)
    throw Error(file + ": the ranks hold " + std::to_string(held) + " numbers, expected " + std::to_string(numbers));

  Parcel in(ranks);
  MPI_CHECK(MPI_Alltoall(out.pieces.data(), 1, MPI_INT, in.pieces.data(), 1, MPI_INT, comm));
  MPI_CHECK(MPI_Alltoall(out.numbers.data(), 1, MPI_INT, in.numbers.data(), 1, MPI_INT, comm));
  in.list = exchange(out.list, out.pieces, in.pieces, 2, MPI_UINT64_T, comm);
  in.content = exchange(out.content, out.numbers, in.numbers, 1, MPI_FLOAT, comm);
  out.content = std::vector<float>();  // gives the memory back: the state is there twice, and not three times

  std::vector<float> numbers_of_block(block.size());
  const float* next = in.content.data();
  for (const Stretch& p : in.list) {
    std::copy_n(next, p.count, numbers_of_block.begin() + ptrdiff_t(p.place - block.first));
    next += p.count;
  }
  std::ranges::sort(in.list, {}, &Stretch::place);
  size_t expected = block.first;
  std::string problem;
  for (const Stretch& p : in.list) {
    if (p.place != expected)
      problem = file + ": number " + std::to_string(std::min(expected, size_t(p.place))) + " is held by two ranks, or by none";
    expected = p.place + p.count;
    if (!problem.empty()) break;
  }
  agree(problem, comm);
  return numbers_of_block;
}
