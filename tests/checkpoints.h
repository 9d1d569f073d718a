// A small network's checkpoints, and what each rank of any grid holds of them, for the tests of chapter 12.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/07_sharded_optimizer/shards.h"
#include "chapters/10_hybrid/grid.h"
#include "chapters/12_restart/checkpoint_folder.h"
#include "chapters/12_restart/checksum.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "tests/mpi_expect.h"

namespace checkpoints {

namespace fs = std::filesystem;


inline int ranks() { return ranks_of(MPI_COMM_WORLD); }
inline int rank() { return rank_of(MPI_COMM_WORLD); }
inline void barrier() { MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD)); }

// Layers with fewer columns than tensor ranks, and fewer elements than data ranks.
inline const std::vector<int> sizes = {13, 11, 3, 2, 7, 5};
constexpr int vectors = 3;

// A folder of its own for each test; the same name on all ranks.
class Scratch {
 public:
  Scratch() {
    int id = getpid();
    MPI_CHECK(MPI_Bcast(&id, 1, MPI_INT, 0, MPI_COMM_WORLD));
    path = fs::temp_directory_path() / ("checkpoint_test_" + std::to_string(id));
    if (rank() == 0) fs::create_directories(path);
    barrier();
  }
  ~Scratch() {
    barrier();
    if (rank() == 0) fs::remove_all(path);
    barrier();
  }
  std::string file(const std::string& name) const { return path / name; }
  // Whether these are the names in the folder, in order.  Nobody changes the folder meanwhile.
  bool holds(const std::vector<std::string>& expected) const {
    barrier();
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    barrier();
    return names == expected;
  }
  fs::path path;
};

inline CheckpointHeader header_of_step(uint64_t step) {
  CheckpointHeader header;
  header.sizes = sizes;
  header.vectors = vectors;
  header.step = step;
  header.options = {{"batch", "128"}, {"learning-rate", "0.1"}};
  return header;
}

// Number i of the file, different in each of them, some of them special.
inline float value(size_t i) { return i % 10 == 0 ? -0.0f : i % 10 == 1 ? NAN : float(i) + 0.25f; }

inline std::vector<GridShape> shapes_of(int n) {
  std::vector<GridShape> shapes;
  for (int d = 1; d <= n; ++d)
    for (int p = 1; p <= n; ++p)
      if (n % (d * p) == 0 && size_t(p) < sizes.size()) shapes.push_back({d, p, n / d / p});
  return shapes;
}

// What the rank at a place holds: some layers, a slice of each, whole parameters, a shard of each state vector.
struct Holding {
  Layout layout;
  Slice slice;
  Shards shards;
  int data;
  std::vector<std::vector<float>> memory;  // by vector; of the state only the shard counts

  Holding(const GridShape& shape, int rank) {
    const GridPlace place = place_of(rank, shape);
    data = place.data;
    slice = {place.tensor, shape.tensor};
    layout = make_layout(sizes, share(sizes.size() - 1, size_t(shape.pipeline), size_t(place.pipeline)), slice);
    shards = {make_units(layout, 0), shape.data};
    memory.assign(vectors, std::vector<float>(layout.count, -1.0f));
  }

  // Of the shard: what is written. Of the parameters, everything is read.
  std::vector<Segment> segments(bool reading) {
    const Layout whole = make_layout(sizes);
    std::vector<Segment> all;
    for (int v = 0; v < vectors; ++v)
      for (size_t u = 0; u < shards.units.size(); ++u) {
        const Range range = reading && v == 0 ? shards.units[u].range : shards.part(u, data);
        const auto some = segments_of(layout, whole, slice, range, memory[size_t(v)].data() + range.first,
                                      size_t(v) * whole.count, reading ? Copies::all : Copies::first_only);
        all.insert(all.end(), some.begin(), some.end());
      }
    return all;
  }
  void fill() {
    for (const Segment& s : segments(false))
      for (size_t i = 0; i < s.count; ++i) s.memory[i] = value(s.place + i);
  }
  bool as_filled() {
    for (const Segment& s : segments(true))
      for (size_t i = 0; i < s.count; ++i) {
        const float expected = value(s.place + i);
        if (std::memcmp(&s.memory[i], &expected, sizeof expected) != 0) return false;
      }
    return true;
  }
};

inline void write(const std::string& file, const GridShape& shape, uint64_t step = 7) {
  CpuDevice device;
  Holding holding(shape, rank());
  holding.fill();
  write_checkpoint(file, header_of_step(step), device, holding.segments(false), MPI_COMM_WORLD);
}

inline std::string bytes_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write_bytes(const std::string& file, const std::string& bytes) {
  if (rank() == 0) std::ofstream(file, std::ios::binary) << bytes;
  barrier();
}

// A file of one rank, in order, to compare with.
inline std::string file_of_one_rank() {
  std::vector<float> numbers(header_of_step(7).numbers());
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = value(i);
  CheckpointHeader header = header_of_step(7);
  header.checksum = checksum(numbers, 0);
  return to_bytes(header) + std::string(reinterpret_cast<const char*>(numbers.data()), 4 * numbers.size());
}

}  // namespace checkpoints
