// How long does a message take? A ball between two ranks, ever larger.
//
// Run: mpiexec -n 2 build/chapters/04_point_to_point/ping_pong --log build/ping_pong.csv
//      sh chapters/04_point_to_point/ping_pong.sh build/ping_pong.csv      draws the times and the fitted lines
#include <climits>
#include <cstdio>
#include <fstream>
#include <vector>

#include "chapters/04_point_to_point/message_cost.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/writable.h"

namespace {

struct Fit {
  const char* name;
  Line line;
  std::vector<MessageTime> times;
};

// The two ways of sending have two lines. A way with fewer than two sizes gets none.
std::vector<Fit> fit_both(const std::vector<MessageTime>& times, size_t limit) {
  std::vector<Fit> fits = {{"eager", {}, {}}, {"rendezvous", {}, {}}};
  for (const MessageTime& time : times) fits[time.bytes > limit].times.push_back(time);
  std::erase_if(fits, [](const Fit& fit) { return fit.times.size() < 2; });
  for (Fit& fit : fits) fit.line = fit_line(fit.times);
  return fits;
}

void print(const std::vector<MessageTime>& times, const std::vector<Fit>& fits, size_t limit) {
  std::printf("%12s %14s %12s   %s\n", "bytes", "one way, us", "MB/s", "the fit says");
  for (const Fit& fit : fits)
    for (const MessageTime& time : fit.times)
      std::printf("%12zu %14.2f %12.1f   %12.2f\n", time.bytes, 1e6 * time.seconds,
                  1e-6 * double(time.bytes) / time.seconds, 1e6 * fit.line.seconds(double(time.bytes)));
  std::printf("\nA message of up to %zu bytes leaves before its receiver asks for it (eager).\n", limit);
  for (const Fit& fit : fits)
    std::printf(
        "%-10s alpha = %8.2f us   1/beta = %8.1f MB/s, half of it at alpha/beta = %.0f bytes (%zu sizes)\n",
        fit.name, 1e6 * fit.line.alpha, 1e-6 / fit.line.beta, fit.line.alpha / fit.line.beta,
        fit.times.size());
  if (times.size() > 1) {
    const MessageTime& last = times.back();
    std::printf("The longest message moved at %.3f Gbit/s.\n", 8e-9 * double(last.bytes) / last.seconds);
  }
}

void write(const std::string& file, const std::vector<Fit>& fits) {
  if (file.empty()) return;
  std::ofstream out(file);
  out << "bytes,seconds,way,alpha,beta\n";
  for (const Fit& fit : fits)
    for (const MessageTime& time : fit.times)
      out << time.bytes << ',' << time.seconds << ',' << fit.name << ',' << fit.line.alpha << ','
          << fit.line.beta << '\n';
  if (!out.flush()) throw Error(file + ": cannot be written");
}

int ping_pong(MpiSession& mpi, int argc, char** argv) {
  int64_t most = 4 << 20, rounds = 41;
  std::string log;
  Options options("Measures latency and bandwidth between rank 0 and rank 1.");
  options.add("most", &most, "bytes of the longest message", between(8, INT_MAX));
  options.add("rounds", &rounds, "timed rounds for each size; the fastest one counts", between(1, 1000));
  options.add("log", &log, "write times and fit to this CSV file");
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;
  if (mpi.rank() == 0) require_writable(log);
  if (mpi.size() < 2) throw Error("ping_pong needs two ranks, but there is only one");

  const size_t limit = eager_limit(size_t(most), MPI_COMM_WORLD);
  std::vector<MessageTime> times;
  for (size_t bytes = 1; bytes <= size_t(most); bytes *= 2)
    times.push_back({bytes, time_ping_pong(bytes, int(rounds), MPI_COMM_WORLD)});
  const std::vector<Fit> fits = fit_both(times, limit);
  if (mpi.rank() != 0) return 0;
  print(times, fits, limit);
  write(log, fits);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, ping_pong); }
