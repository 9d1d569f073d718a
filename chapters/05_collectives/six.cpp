// MPI's own collectives on small numbers: what every rank has before and after each of them.
//
//   make 05-six RANKS=4
//
// Number i of rank r is (i + 1) times 10^r. So each digit of a sum shows which rank's number is in it: 1011 is the sum
// over the ranks 0, 1 and 3. From ten ranks on such a sum would not fit into an int.
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "common/error.h"
#include "common/mpi/session.h"

namespace {

using Numbers = std::vector<int>;
constexpr int line_tag = 1;
constexpr int root = 0;

Numbers numbers_of(int rank, int n) {
  int place = 1;
  for (int r = 0; r < rank; ++r) place *= 10;
  Numbers numbers(n);
  for (int i = 0; i < n; ++i) numbers[i] = (i + 1) * place;
  return numbers;
}

std::string text(const Numbers& numbers) {
  std::string line;
  for (int number : numbers) line += (line.empty() ? "" : " ") + std::to_string(number);
  return line.empty() ? "-" : line;
}

// One line on rank 0: what every rank has. The ranks' texts travel as messages (chapter 04).
void print(const char* what, const std::string& mine) {
  const int rank = rank_of(MPI_COMM_WORLD), ranks = ranks_of(MPI_COMM_WORLD);
  char line[128];
  std::snprintf(line, sizeof line, "%s", mine.c_str());
  if (rank != 0) return MPI_CHECK(MPI_Send(line, sizeof line, MPI_CHAR, 0, line_tag, MPI_COMM_WORLD));
  std::printf("%-25s", what);
  const int width = ranks * (ranks + 1);  // of the longest sum: `ranks` numbers, each with as many digits and a space
  for (int from = 0; from < ranks; ++from) {
    if (from > 0)
      MPI_CHECK(MPI_Recv(line, sizeof line, MPI_CHAR, from, line_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
    std::printf("| %-*s", from < ranks - 1 ? width : 0, line);
  }
  std::printf("\n");
}
void print(const char* what, const Numbers& mine) { print(what, text(mine)); }

// Milliseconds since `start`, on the clock that all processes of a node share. (Two nodes have two clocks.)
std::string since(long long start) {
  using namespace std::chrono;
  const long long now = duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
  return std::to_string((now - start) / 1000) + " ms";
}

// Rank r comes r times 20 ms late.
void barrier(int rank) {
  using namespace std::chrono;
  long long start = duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
  MPI_CHECK(MPI_Bcast(&start, 1, MPI_LONG_LONG, root, MPI_COMM_WORLD));
  std::this_thread::sleep_for(milliseconds(20 * rank));
  const std::string came = since(start);
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  const std::string left = since(start);
  print("MPI_Barrier: comes", came);
  print("MPI_Barrier: leaves", left);
}

int six(MpiSession& mpi, int, char**) {
  const int p = mpi.size();
  if (p > 9) throw Error("six: shows at most 9 ranks, one digit for each");
  const Numbers mine = numbers_of(mpi.rank(), p);
  print("before", mine);

  Numbers copy = mine;
  MPI_CHECK(MPI_Bcast(copy.data(), p, MPI_INT, root, MPI_COMM_WORLD));
  print("MPI_Bcast", copy);

  Numbers at_root(mpi.rank() == root ? p : 0);  // the others get nothing and need no memory
  MPI_CHECK(MPI_Reduce(mine.data(), at_root.data(), p, MPI_INT, MPI_SUM, root, MPI_COMM_WORLD));
  print("MPI_Reduce", at_root);

  Numbers sum(p);
  MPI_CHECK(MPI_Allreduce(mine.data(), sum.data(), p, MPI_INT, MPI_SUM, MPI_COMM_WORLD));
  print("MPI_Allreduce", sum);

  Numbers block(1);  // each rank keeps one number of the sum
  MPI_CHECK(MPI_Reduce_scatter_block(mine.data(), block.data(), 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD));
  print("MPI_Reduce_scatter_block", block);

  Numbers all(p);  // one number comes from each rank: the blocks of the line above
  MPI_CHECK(MPI_Allgather(block.data(), 1, MPI_INT, all.data(), 1, MPI_INT, MPI_COMM_WORLD));
  print("then MPI_Allgather", all);

  barrier(mpi.rank());
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, six); }
