// Strong and weak scaling on this number of ranks.  Run: scaling.sh, which starts this program for several numbers.
//
// strong 128, strong 1024: the same batch for any number of ranks. weak: 128 rows for each rank, so the batch grows; there
// the serial step has the 128 rows of one rank, and the ideal is that all ranks together take as long as it.
#include <algorithm>
#include <cstdio>

#include "chapters/01_serial/require_samples.h"
#include "chapters/06_data_parallel/interleaved.h"
#include "common/options.h"
#include "common/statistics.h"

namespace {

// Prints one line; the verdict is the same on all ranks.
Verdict measure(const char* kind, int64_t batch, int64_t serial_batch, int64_t rounds, const Dataset& train,
                const MpiSession& mpi) {
  DataParallelOptions o(mpi.size());
  o.batch = batch;
  o.watch = 0;
  std::vector<Setting> settings;
  settings.push_back(make_setting(o.allreduce, o, train));
  DataParallelOptions serial = o;
  serial.batch = serial_batch;
  const int64_t steps = std::max<int64_t>(3, 1280 / batch);
  const Rounds r = take_turns(settings, serial, train, rounds, steps, mpi);
  const Verdict v = verdict(r.lost, mpi.node_size());
  const double times_the_work = double(batch) / double(serial_batch);
  const double speedup = times_the_work * median(settings[0].speedup);
  if (mpi.rank() == 0)
    std::printf("%s,%d,%lld,%.0f,%.2f,%.2f,%.1f,%s\n", kind, mpi.size(), (long long)batch,
                double(batch) / median(settings[0].step), speedup, speedup / mpi.size(), 100 * r.lost, name_of(v));
  return v;
}

int scaling(MpiSession& mpi, int argc, char** argv) {
  std::string data = "build/data";
  int64_t rounds = 25;
  bool header = false, only_if_quiet = false;
  Options options("Speedup of the training step on this number of ranks, with the same batch and with a growing one.");
  options.add("data", &data, "folder with the unpacked MNIST files");
  options.add("rounds", &rounds, "times that the serial and the parallel step have their turn", between(1, 10000));
  options.add("header", &header, "print the names of the columns first");
  options.add("only-if-quiet", &only_if_quiet, "end with status 77 if somebody else had the cores meanwhile");
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;
  const Dataset train = read_mnist_train(data);
  require_samples(train, std::max(1024, 128 * mpi.size()), "the largest batch");
  if (header && mpi.rank() == 0) std::printf("kind,ranks,batch,samples_per_second,speedup,efficiency,without_core,verdict\n");
  bool disturbed = measure("strong128", 128, 128, rounds, train, mpi) == Verdict::disturbed;
  disturbed |= measure("strong1024", 1024, 1024, rounds, train, mpi) == Verdict::disturbed;
  disturbed |= measure("weak", 128 * mpi.size(), 128, rounds, train, mpi) == Verdict::disturbed;
  return only_if_quiet && disturbed ? not_quiet_status : 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, scaling); }
