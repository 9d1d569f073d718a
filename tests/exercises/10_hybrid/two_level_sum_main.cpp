// level: stretch
// points: 6
// ranks: 6 4 1
// hint: Two nodes of three ranks, x of 12 numbers: which four does rank 1 of a node own? With whom are these added, and which two of them does it own then? Draw who has what after each of four calls.
#include <algorithm>
#include <vector>

#include "common/mpi/session.h"
#include "common/split.h"
#include "tests/exercises/traffic.h"

void two_level_sum(float* x, size_t n, MPI_Comm inside, MPI_Comm between);

namespace {

// What the student called, one after another, four numbers each: whether gather_terms, whether on `between`, the first element
// of x (-1: not of x), n.
std::vector<int> calls;
const float* begin_of_x = nullptr;
size_t size_of_x = 0;
MPI_Comm between_nodes = MPI_COMM_NULL;
int our_collectives = 0;  // those that the two functions call

struct Counts {
  std::vector<int> counts, starts;
};
Counts cut(size_t n, int ranks) {
  Counts c;
  for (int r = 0; r < ranks; ++r) {
    const Range part = share(n, size_t(ranks), size_t(r));
    c.counts.push_back(int(part.size()));
    c.starts.push_back(int(part.first));
  }
  return c;
}

void note(int gathers_terms, const float* x, size_t n, MPI_Comm comm) {
  int result = MPI_UNEQUAL;
  MPI_CHECK(MPI_Comm_compare(comm, between_nodes, &result));
  const bool inside_of_x = x >= begin_of_x && x + n <= begin_of_x + size_of_x;
  calls.insert(calls.end(), {gathers_terms, result == MPI_IDENT, inside_of_x ? int(x - begin_of_x) : -1, int(n)});
}

// Everybody in comm has to say the same n; where they do not nothing is sent, and the judge says why not.
bool same_everywhere(size_t n, MPI_Comm comm) {
  ++our_collectives;
  int64_t most[2] = {int64_t(n), -int64_t(n)};
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, most, 2, MPI_INT64_T, MPI_MAX, comm));
  return most[0] == -most[1];
}

}  // namespace

void gather_terms(float* parts, const float* x, size_t n, MPI_Comm comm) {
  int rank = 0, ranks = 1;
  MPI_CHECK(MPI_Comm_rank(comm, &rank));
  MPI_CHECK(MPI_Comm_size(comm, &ranks));
  note(1, x, n, comm);
  if (!same_everywhere(n, comm)) return;
  const Counts whole = cut(n, ranks);
  const int own = whole.counts[size_t(rank)];
  Counts arriving{std::vector<int>(size_t(ranks), own), {}};
  for (int r = 0; r < ranks; ++r) arriving.starts.push_back(r * own);
  std::vector<float> sent(x, x + n), received(size_t(own) * size_t(ranks));
  sent.push_back(0), received.push_back(0);  // MPICH takes two null pointers, as of empty vectors, for one array
  ++our_collectives;
  MPI_CHECK(MPI_Alltoallv(sent.data(), whole.counts.data(), whole.starts.data(), MPI_FLOAT, received.data(), arriving.counts.data(),
                          arriving.starts.data(), MPI_FLOAT, comm));
  std::copy_n(received.begin(), size_t(own) * size_t(ranks), parts);
}

void gather_parts(float* x, size_t n, MPI_Comm comm) {
  int rank = 0, ranks = 1;
  MPI_CHECK(MPI_Comm_rank(comm, &rank));
  MPI_CHECK(MPI_Comm_size(comm, &ranks));
  note(0, x, n, comm);
  if (!same_everywhere(n, comm)) return;
  const Counts whole = cut(n, ranks);
  const size_t first = size_t(whole.starts[size_t(rank)]), own = size_t(whole.counts[size_t(rank)]);
  std::vector<float> sent(x + first, x + first + own), received(n);
  sent.push_back(0), received.push_back(0);
  ++our_collectives;
  MPI_CHECK(MPI_Allgatherv(sent.data(), int(own), MPI_FLOAT, received.data(), whole.counts.data(), whole.starts.data(), MPI_FLOAT, comm));
  std::copy_n(received.begin(), n, x);
}

// Several sums, one after another, in one launch.
int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  for (int sums = task.number(); sums > 0; --sums) {
    const int ranks_per_node = task.number(), n = task.number();
    const std::vector<float> all = task.values(size_t(mpi.size()) * size_t(n));
    Output x(std::vector<float>(all.begin() + mpi.rank() * n, all.begin() + (mpi.rank() + 1) * n));
    MPI_Comm inside, between;
    MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, mpi.rank() / ranks_per_node, mpi.rank(), &inside));
    MPI_CHECK(MPI_Comm_set_name(inside, "inside"));
    MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, mpi.rank() % ranks_per_node, mpi.rank(), &between));
    MPI_CHECK(MPI_Comm_set_name(between, "between"));
    calls.clear();
    our_collectives = 0;
    begin_of_x = x, size_of_x = size_t(n), between_nodes = between;
    Traffic traffic;
    two_level_sum(x, size_t(n), inside, between);
    traffic.stop();
    task.answer(double(calls.size()));
    task.answer(calls);
    task.answer(x);
    task.answer(traffic.collectives - our_collectives + traffic.messages);
    MPI_CHECK(MPI_Comm_free(&inside));
    MPI_CHECK(MPI_Comm_free(&between));
  }
}
