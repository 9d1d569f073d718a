// What a step sends inside nodes and from node to node, in one level and in two: counted message by message.
//
// Run: make 07-between_nodes RANKS=4 ARGS="--ranks-per-node 2"
// The ranks of this machine count as nodes of so many; on a cluster, without the option, the nodes are as they are.
#include <cstdio>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "common/mpi/session.h"

namespace {

// Bytes of all ranks in a step.
struct Sent {
  unsigned long long inside = 0, between = 0;
};

Sent count(const std::vector<int>& sizes, const ZeroOptions& options, const Nodes& nodes) {
  const size_t rows = size_t(options.micro_batches);
  const Dataset data = random_dataset(size_t(sizes.front()), rows);
  CpuDevice device;
  ShardedRun run(device, data, sizes, rows, OptimizerOptions{}, options, MPI_COMM_WORLD);
  std::vector<Call> calls;
  log_calls(&calls);
  run.step({0, rows});
  log_calls(nullptr);
  unsigned long long bytes[2] = {0, 0};
  for (const Call& call : calls)
    if (call.to >= 0)
      bytes[nodes.node_of[size_t(call.to)] != nodes.node_of[size_t(run.zero().rank())]] += sizeof(float) * call.sent;
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, bytes, 2, MPI_UNSIGNED_LONG_LONG, MPI_SUM, MPI_COMM_WORLD));
  return {bytes[0], bytes[1]};
}

}  // namespace

int show_bytes(MpiSession& mpi, int argc, char** argv) {
  int64_t ranks_per_node = 0;
  std::vector<int64_t> hidden = {512, 256};
  ZeroOptions z{.micro_batches = mpi.size()};
  Options options("Bytes that travel inside nodes and between them in a step, in one level and in two.");
  options.add("ranks-per-node", &ranks_per_node, "count the ranks as nodes of so many; 0: the nodes are as they are", at_least(0));
  options.add("hidden", &hidden, "widths of the hidden layers, or none", between(1, 65536));
  options.add("zero", &z.level, "what is sharded", between(0, 3));
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;

  std::vector<int> names, sizes = {784};
  for (int r = 0; r < mpi.size() && ranks_per_node > 0; ++r) names.push_back(r / int(ranks_per_node));
  sizes.insert(sizes.end(), hidden.begin(), hidden.end());
  sizes.push_back(10);
  z.nodes = names;
  const Nodes nodes = names.empty() ? nodes_of(MPI_COMM_WORLD) : make_nodes(names);
  Sent sent[2];
  for (const bool two : {false, true}) z.two_level = two, sent[two] = count(sizes, z, nodes);
  if (mpi.rank() != 0) return 0;
  std::printf("%d ranks on %zu nodes, %zu parameters, level %lld: MB sent by all ranks in a step\n", mpi.size(), nodes.ranks.size(),
              make_layout(sizes).count, (long long)z.level);
  std::printf("             inside nodes   between nodes\n");
  for (const bool two : {false, true})
    std::printf("%-11s  %12.2f   %13.2f\n", two ? "two levels" : "one level", 1e-6 * double(sent[two].inside), 1e-6 * double(sent[two].between));
  return 0;
}

int main(int argc, char** argv) { return run_with_mpi(argc, argv, show_bytes); }
