// What every MPI program of this repository begins with: MPI started and ended, every call checked,
// and an end that leaves no rank waiting. It is used like this:
//
//   int train(MpiSession& mpi, int argc, char** argv) { ...; return 0; }
//   int main(int argc, char** argv) { return run_with_mpi(argc, argv, train); }
#pragma once

#include <mpi.h>

#include <string>

// Prints `file:line: rank r: call` and MPI's own text for `error`, then ends all ranks.
[[noreturn]] void mpi_failed(int error, const char* call, const char* file, int line);

// Every MPI call stands in one of these. MpiSession sets MPI_ERRORS_RETURN: with MPI's default, errors
// are fatal inside the library, which knows neither the file nor the line, and this macro would be dead code.
#define MPI_CHECK(call) mpi_check((call), #call, __FILE__, __LINE__)

inline void mpi_check(int error, const char* call, const char* file, int line) {
  if (error != MPI_SUCCESS) [[unlikely]]
    mpi_failed(error, call, file, line);
}

// The number of this rank in a communicator, and how many there are.
inline int rank_of(MPI_Comm comm) {
  int rank = 0;
  MPI_CHECK(MPI_Comm_rank(comm, &rank));
  return rank;
}
inline int ranks_of(MPI_Comm comm) {
  int ranks = 1;
  MPI_CHECK(MPI_Comm_size(comm, &ranks));
  return ranks;
}

// MPI_Init to MPI_Finalize, as an object. Exactly one per program, made by every rank.
class MpiSession {
 public:
  // `threads`: the thread level that the program needs; ends all ranks if the library offers less.
  // Where the environment says EXPECT_RANKS=n (common/mpi/launch does), a world of another size ends the
  // program: a launcher of another MPI starts n processes of which each believes to be rank 0 of 1.
  MpiSession(int& argc, char**& argv, int threads = MPI_THREAD_SINGLE);
  ~MpiSession();
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;

  int rank() const { return rank_; }            // in MPI_COMM_WORLD
  int size() const { return size_; }            // ranks in MPI_COMM_WORLD
  int node_rank() const { return node_rank_; }  // among the ranks that share this one's memory
  int node_size() const { return node_size_; }

 private:
  int rank_ = 0, size_ = 1, node_rank_ = 0, node_size_ = 1;
};

// Runs `body` inside a session and returns its exit status.
//
// Where an exception leaves `body`, the program ends with the status of the Error, or 1 for any other exception, and never
// with 0. Where all ranks throw (a bad option, a missing file) rank 0 prints the text, once. Where only some do, the others
// may wait for them in MPI forever, so each prints `rank N: text`, and all ranks end. The stack is not unwound: no destructor
// of a failed rank waits for the others.
int run_with_mpi(int argc, char** argv, int (*body)(MpiSession& mpi, int argc, char** argv));
