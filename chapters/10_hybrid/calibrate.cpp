// Measures what the choice of a grid needs to know of a machine, and writes it to a file (machine_file.h): for train's --machine.
//
// Run: make 10-calibrate RANKS=4 ARGS="--fit build/machine.txt", with as many ranks on a node as the training will have
#include <algorithm>
#include <cstdio>

#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/05_collectives/core_share.h"
#include "chapters/05_collectives/timing.h"
#include "chapters/10_hybrid/hybrid_options.h"
#include "chapters/10_hybrid/machine_file.h"
#include "common/machine.h"
#include "common/mpi/session.h"
#include "common/writable.h"

namespace {

// The slowest rank's median of some rounds, all ranks working at once.
template <class Work>
double seconds_of(Device& device, int rounds, Work work) {
  std::vector<double> seconds;
  for (int round = -1; round < rounds; ++round) {  // the first is for caches and first touch of memory
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    const Timer timer;
    work();
    device.synchronize();
    if (round >= 0) seconds.push_back(timer.seconds());
  }
  return slowest(median(seconds));
}

// A product of plan.cpp's kind: 2 rows in out operations, and reading its weights once is little beside them.
double operations_per_second(Device& device, int rounds) {
  constexpr int rows = 256, in = 784, out = 512;
  const Buffer x(device, size_t(rows) * in, Purpose::workspace), w(device, size_t(in) * out, Purpose::workspace),
      y(device, size_t(rows) * out, Purpose::workspace);
  device.fill(x, 0.5f, x.size());
  device.fill(w, 0.5f, w.size());
  const double seconds = seconds_of(device, rounds, [&] { device.linear_forward(y, x, w, nullptr, Activation::none, rows, in, out); });
  return 2.0 * rows * in * out / seconds;
}

// An update by SGD of more weights than caches hold; plan.cpp counts it as two vectors of 4 bytes a weight.
double bytes_per_second(Device& device, int rounds) {
  constexpr size_t n = size_t{1} << 24;
  const Buffer w(device, n, Purpose::workspace), g(device, n, Purpose::workspace);
  device.fill(w, 0.5f, n);
  device.fill(g, 0.5f, n);
  return 2 * 4.0 * n / seconds_of(device, rounds, [&] { device.sgd(w, g, 1e-3f, n); });
}

// Inside nodes, and between ranks that have the same place in their nodes, all at once, as they share a node's network card.
// A kind of message that there is not here is left as it was.
void measure_messages(PlanMachine& machine, const MpiSession& mpi, size_t longest, int rounds) {
  MPI_Comm node, across;
  MPI_CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, mpi.rank(), MPI_INFO_NULL, &node));
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, mpi.node_rank(), mpi.rank(), &across));
  if (ranks_of(node) > 1) machine.messages = calibrate(node, longest, rounds);
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  if (ranks_of(across) > 1) machine.between = calibrate(across, longest, rounds);
  MPI_CHECK(MPI_Comm_free(&node));
  MPI_CHECK(MPI_Comm_free(&across));
}

}  // namespace

int calibrate_machine(MpiSession& mpi, int argc, char** argv) {
  std::string file, device_name = "cpu";
  int64_t rounds = 7, longest = 1 << 22;
  bool only_if_quiet = false;
  Options options("Measures a rank's speed, memory and messages, for the choice of a grid.");
  options.add("fit", &file, "file for what was measured");
  options.add("device", &device_name, "what computes", device_names);
  options.add("rounds", &rounds, "how often everything is measured", between(1, 1000));
  options.add("longest", &longest, "the longest message, in floats", between(4096, 1 << 26));
  options.add("only-if-quiet", &only_if_quiet, "end with status 77, no file, if somebody else had the cores meanwhile");
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;
  if (file.empty()) throw Error("--fit: in which file shall it be written?");
  if (mpi.rank() == 0) require_writable(file);

  PlanMachine machine = typical_machine();
  machine.memory = share_of_memory(device_name, mpi.node_rank(), mpi.node_size());
  const std::unique_ptr<Device> device = make_device(device_name, mpi.node_rank());
  CoreShare share;
  share.begin();
  machine.operations_per_second = operations_per_second(*device, int(rounds));
  machine.bytes_per_second = bytes_per_second(*device, int(rounds));
  measure_messages(machine, mpi, size_t(longest), int(rounds));
  share.end();
  const double lost = share.lost(MPI_COMM_WORLD);
  const Verdict v = verdict(lost, mpi.node_size());
  if (mpi.rank() != 0) return only_if_quiet && v != Verdict::quiet ? not_quiet_status : 0;
  std::printf("%s, %s: %d ranks\n", machine_name().c_str(), device_name.c_str(), mpi.size());
  std::printf("a rank was without its core for %.1f %% of the time: %s\n", 100 * lost, name_of(v));
  std::printf("%.1f billion operations a second, %.1f GB/s, %.1f GB of memory a rank\n", 1e-9 * machine.operations_per_second,
              1e-9 * machine.bytes_per_second, 1e-9 * machine.memory);
  const auto told = [](const char* where, const Machine& m) {
    if (!m.exchanges.empty())
      std::printf("%s: 4 bytes %.1f us, 1 MB %.1f us\n", where, 1e6 * m.exchange(4), 1e6 * m.exchange(1e6));
  };
  told("messages inside a node", machine.messages);
  told("messages between nodes", machine.between);
  if (only_if_quiet && v != Verdict::quiet) return not_quiet_status;
  save_plan_machine(machine, file);
  return 0;
}

int main(int argc, char** argv) { return run_with_mpi(argc, argv, calibrate_machine); }
