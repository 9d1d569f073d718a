// Does a message travel while this rank computes?
//
// Ranks 0 and 1 exchange a large message and compute for about as long as that takes, in four orders. Nonblocking calls
// *allow* the library to move data meanwhile; whether it does depends on who does the work. Most libraries move a large
// message only while some MPI call runs ("progress"): so a rank that computes for long without calling MPI may find at
// MPI_Wait that nothing has happened yet. A call of MPI_Test now and then gives the library its turns.
//
// Run: mpiexec -n 2 build/chapters/04_point_to_point/overlap
#include <algorithm>
#include <climits>
#include <cstdio>
#include <vector>

#include "common/error.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/timer.h"

namespace {

constexpr int tag = 1;

// Arithmetic that stays in registers, so that it does not compete with the message for memory. Each call begins with the
// result of the one before, in a variable that the compiler may not reason about: else it would leave the work out.
volatile double computed = 0;

void compute(int64_t pieces) {
  double x = computed;
  for (int64_t piece = 0; piece < pieces; ++piece)
    for (int i = 0; i < 1000; ++i) x = x * 0.999999 + 1e-6;
  computed = x;
}

struct Exchange {
  std::vector<char> out, in;
  int partner;
  MPI_Request requests[2] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL};

  void start() {
    const int n = int(out.size());
    MPI_CHECK(MPI_Irecv(in.data(), n, MPI_BYTE, partner, tag, MPI_COMM_WORLD, &requests[0]));
    MPI_CHECK(MPI_Isend(out.data(), n, MPI_BYTE, partner, tag, MPI_COMM_WORLD, &requests[1]));
  }
  void test() {
    int done = 0;
    MPI_CHECK(MPI_Testall(2, requests, &done, MPI_STATUSES_IGNORE));
  }
  void wait() { MPI_CHECK(MPI_Waitall(2, requests, MPI_STATUSES_IGNORE)); }
};

// Seconds of `work`, begun together by both ranks: of the slower rank; the least of `rounds`, since what
// disturbs a measurement only makes it longer.
template <class Work>
double time_together(Exchange& exchange, int rounds, Work work) {
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    char token = 0;
    MPI_CHECK(MPI_Sendrecv_replace(&token, 1, MPI_BYTE, exchange.partner, 2, exchange.partner, 2,
                                   MPI_COMM_WORLD, MPI_STATUS_IGNORE));
    const Timer timer;
    work();
    double mine = timer.seconds(), other = 0;
    MPI_CHECK(MPI_Sendrecv(&mine, 1, MPI_DOUBLE, exchange.partner, 3, &other, 1, MPI_DOUBLE, exchange.partner,
                           3, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
    times.push_back(std::max(mine, other));
  }
  return *std::min_element(times.begin(), times.end());
}

struct Times {
  double messages, computing, in_turn, wait_at_end, with_tests;
};

// As much computation as the messages take, in `tests` equal parts.
int64_t pieces_for(double seconds, Exchange& exchange, int64_t tests, int rounds) {
  constexpr int64_t some = 1000;
  const double piece = time_together(exchange, rounds, [&] { compute(some); }) / double(some);
  return std::max(int64_t(seconds / piece), tests) / tests * tests;
}

// Both ranks see the same times, so they do the same.
Times measure(Exchange& exchange, int64_t tests, int rounds) {
  Times t{};
  t.messages = time_together(exchange, rounds, [&] { exchange.start(), exchange.wait(); });
  const int64_t pieces = pieces_for(t.messages, exchange, tests, rounds);
  t.computing = time_together(exchange, rounds, [&] { compute(pieces); });
  t.in_turn = time_together(exchange, rounds, [&] { exchange.start(), exchange.wait(), compute(pieces); });
  t.wait_at_end =
      time_together(exchange, rounds, [&] { exchange.start(), compute(pieces), exchange.wait(); });
  t.with_tests = time_together(exchange, rounds, [&] {
    exchange.start();
    for (int64_t part = 0; part < tests; ++part) {
      compute(pieces / tests);
      exchange.test();
    }
    exchange.wait();
  });
  return t;
}

// How much of the shorter of the two was hidden behind the other one.
double hidden(const Times& t, double together) {
  return (t.messages + t.computing - together) / std::min(t.messages, t.computing);
}

void print(const Times& t, int64_t bytes, int64_t tests) {
  std::printf("%lld bytes each way\n", (long long)bytes);
  std::printf("  the messages alone                        %8.2f ms\n", 1e3 * t.messages);
  std::printf("  the computation alone                     %8.2f ms\n", 1e3 * t.computing);
  std::printf("  one after the other                       %8.2f ms\n", 1e3 * t.in_turn);
  std::printf("  start, compute, wait                      %8.2f ms   %4.0f %% hidden\n", 1e3 * t.wait_at_end,
              100 * hidden(t, t.wait_at_end));
  std::printf("  start, compute with %5lld MPI_Test, wait  %8.2f ms   %4.0f %% hidden\n", (long long)tests,
              1e3 * t.with_tests, 100 * hidden(t, t.with_tests));
}

int overlap(MpiSession& mpi, int argc, char** argv) {
  int64_t bytes = 16 << 20, rounds = 9, tests = 200;
  Options options("Measures how much of a message is hidden behind a computation.");
  options.add("bytes", &bytes, "size of the message, each way", between(1, INT_MAX));
  options.add("rounds", &rounds, "repetitions; the fastest one counts", between(1, 1000));
  options.add("tests", &tests, "calls of MPI_Test during the computation", between(1, 1e6));
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;
  if (mpi.size() < 2) throw Error("overlap needs two ranks, but there is only one");
  if (mpi.rank() > 1) return 0;

  Exchange exchange{std::vector<char>(size_t(bytes), 'x'), std::vector<char>(size_t(bytes)), 1 - mpi.rank()};
  const Times t = measure(exchange, tests, int(rounds));
  if (mpi.rank() == 0) print(t, bytes, tests);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, overlap); }
