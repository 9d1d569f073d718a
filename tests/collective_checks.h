// What chapter 05's tests reduce and gather, and a check for each kind of collective: true if this rank has what it should have.
#pragma once

#include <mpi.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/table.h"
#include "common/mpi/session.h"
#include "common/philox.h"

using Vector = std::vector<float>;
inline const size_t large = (size_t{1} << 20) + 3;

// True on every rank if `ok` is true on every rank. The first rank that fails says where.
inline bool everywhere(bool ok, const std::string& what) {
  int rank = rank_of(MPI_COMM_WORLD);
  if (!ok) std::fprintf(stderr, "rank %d: wrong: %s\n", rank, what.c_str());
  int all = ok;
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD));
  return all;
}

// Small integers: sums of eight of them are exact in any order. The period, 13, divides no block length by plan.
inline float whole_number(int rank, size_t i) {
  return float((i * 5 + rank * 3 + i % 13 * rank) % 13) - 6;
}

inline Vector whole_numbers(int rank, size_t n) {
  Vector x(n);
  for (size_t i = 0; i < n; ++i) x[i] = whole_number(rank, i);
  return x;
}

inline Vector sum_of_whole_numbers(int ranks, size_t n) {
  Vector sum(n, 0.0f);
  for (size_t i = 0; i < n; ++i)
    for (int rank = 0; rank < ranks && i < 13; ++rank) sum[i] += whole_number(rank, i);
  for (size_t i = 13; i < n; ++i) sum[i] = sum[i - 13];
  return sum;
}

// Numbers of many sizes, whose sums do depend on the order.
inline float real_number(int rank, size_t i) {
  const Philox4 words = random_words(5, RandomStream::test, rank, i);
  return std::ldexp(uniform(words[0]) - 0.5f, int(words[1] % 12));
}

inline Vector real_numbers(int rank, size_t n) {
  Vector x(n);
  for (size_t i = 0; i < n; ++i) x[i] = real_number(rank, i);
  return x;
}

inline bool same_bits(const Vector& a, const Vector& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

// Memory for n floats between two walls that nobody may write to.
class Walled {
 public:
  explicit Walled(size_t n) : Walled(Vector(n, std::nanf(""))) {}
  explicit Walled(const Vector& content) : memory_(content.size() + 2 * wall, brick), n_(content.size()) {
    std::copy(content.begin(), content.end(), data());
  }
  float* data() { return memory_.data() + wall; }
  Vector content() { return Vector(data(), data() + n_); }
  bool intact() const {
    const auto is_brick = [](float x) { return x == brick; };
    return std::all_of(memory_.begin(), memory_.begin() + wall, is_brick) &&
           std::all_of(memory_.end() - wall, memory_.end(), is_brick);
  }
  bool holds(const Vector& expected) { return intact() && same_bits(content(), expected); }

 private:
  static constexpr size_t wall = 8;
  static constexpr float brick = 12345;
  Vector memory_;
  size_t n_;
};

// One communicator to try things on, and what every check needs of it.
struct Place {
  MPI_Comm comm = MPI_COMM_WORLD;
  int rank = rank_of(comm), ranks = ranks_of(comm);
  Blocks blocks(size_t n) const { return {n, ranks}; }
  Vector block_of(const Vector& all) const {
    const Blocks b = blocks(all.size());
    return Vector(all.begin() + b.begin(rank), all.begin() + b.end(rank));
  }
};

// A part of the ranks, or all in another order. Collective.
struct Split : Place {
  Split(int color, int key) {
    MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, color, key, &comm));
    rank = rank_of(comm);
    ranks = ranks_of(comm);
  }
  ~Split() { MPI_CHECK(MPI_Comm_free(&comm)); }
  Split(const Split&) = delete;
  Split& operator=(const Split&) = delete;
};

inline std::vector<size_t> lengths(const Place& place) {
  const size_t p = place.ranks;
  return {0, 1, p - 1, p, p + 1, 1000};
}

inline std::vector<int> roots(const Place& place) {
  if (place.ranks == 1) return {0};
  return {0, place.ranks / 2, place.ranks - 1};
}

// ---- one check per kind: true if this rank has what it should have ----

inline bool check_broadcast(Broadcast* broadcast, const Place& at, size_t n, int root) {
  Walled data(at.rank == root ? whole_numbers(root, n) : Vector(n, -1.0f));
  broadcast(data.data(), n, root, at.comm);
  return data.holds(whole_numbers(root, n));
}

inline bool check_reduce(Reduce* reduce, const Place& at, size_t n, int root, bool in_place) {
  const Vector operand = whole_numbers(at.rank, n);
  Walled data(operand), separate(n);
  Walled& result = in_place ? data : separate;
  reduce(result.data(), data.data(), n, root, at.comm);
  if (!in_place && !data.holds(operand)) return false;
  return result.intact() && (at.rank != root || result.holds(sum_of_whole_numbers(at.ranks, n)));
}

inline bool check_scatter(Scatter* scatter, const Place& at, size_t n, int root, bool in_place) {
  const Vector whole = whole_numbers(root, n);
  Walled all(at.rank == root ? whole : Vector(n, -1.0f)), separate(at.blocks(n).size(at.rank));
  float* mine = in_place ? all.data() + at.blocks(n).begin(at.rank) : separate.data();
  scatter(mine, all.data(), n, root, at.comm);
  const Vector expected = at.block_of(whole);
  return all.intact() && separate.intact() && std::equal(expected.begin(), expected.end(), mine) &&
         (at.rank != root || all.holds(whole));
}

inline bool check_gather(Gather* gather, const Place& at, size_t n, int root, bool in_place) {
  const Vector whole = whole_numbers(0, n), block = at.block_of(whole);
  Walled all(n), separate(block);
  float* mine = in_place ? all.data() + at.blocks(n).begin(at.rank) : separate.data();
  if (in_place) std::copy(block.begin(), block.end(), mine);
  gather(all.data(), mine, n, root, at.comm);
  return separate.holds(block) && all.intact() && (at.rank != root || all.holds(whole));
}

inline bool check_allgather(Allgather* allgather, const Place& at, size_t n, bool in_place) {
  const Vector whole = whole_numbers(0, n), block = at.block_of(whole);
  Walled all(n), separate(block);
  float* mine = in_place ? all.data() + at.blocks(n).begin(at.rank) : separate.data();
  if (in_place) std::copy(block.begin(), block.end(), mine);
  allgather(all.data(), mine, n, at.comm);
  return separate.holds(block) && all.holds(whole);
}

inline bool check_reduce_scatter(ReduceScatter* reduce_scatter, const Place& at, size_t n, bool in_place) {
  const Vector operand = whole_numbers(at.rank, n), expected = at.block_of(sum_of_whole_numbers(at.ranks, n));
  Walled data(operand), separate(expected.size());
  float* mine = in_place ? data.data() + at.blocks(n).begin(at.rank) : separate.data();
  reduce_scatter(mine, data.data(), n, at.comm);
  if (!in_place && !data.holds(operand)) return false;
  return data.intact() && separate.intact() && std::equal(expected.begin(), expected.end(), mine);
}

inline bool check_allreduce(Allreduce* allreduce, const Place& at, size_t n, bool in_place) {
  const Vector operand = whole_numbers(at.rank, n);
  Walled data(operand), separate(n);
  Walled& result = in_place ? data : separate;
  allreduce(result.data(), data.data(), n, at.comm);
  if (!in_place && !data.holds(operand)) return false;
  return result.holds(sum_of_whole_numbers(at.ranks, n));
}

inline Vector allreduced(Allreduce* allreduce, const Vector& operand, MPI_Comm comm) {
  Vector result(operand.size());
  allreduce(result.data(), operand.data(), operand.size(), comm);
  return result;
}

inline Vector sum_in_rank_order(int first, int last, size_t n) {
  Vector sum = real_numbers(first, n);
  for (int rank = first + 1; rank < last; ++rank)
    for (size_t i = 0; i < n; ++i) sum[i] += real_number(rank, i);
  return sum;
}
