// A training step of chapter 10's program in SimGrid's SMPI: what step_time.cpp asks the engine, another simulator answers.
//
// Built and started by run, next to this file. It has what the engine has: the time of operations by modelled_device.h, of sums in
// MPI_Allreduce, the sender's overhead, and for a long message the rendezvous, as a longer latency.
//   step CLUSTER DATA PIPELINE TENSOR BATCH HIDDEN...
#include <mpi.h>
#include <smpi/smpi.h>

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <optional>
#include <simgrid/kernel/resource/NetworkModelIntf.hpp>
#include <simgrid/s4u.hpp>

#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/10_hybrid/hybrid_model.h"
#include "chapters/13_scaling/ghost_memory.h"
#include "chapters/13_scaling/modelled_device.h"
#include "chapters/13_scaling/simulation.h"
#include "chapters/13_scaling/topology.h"
#include "common/error.h"

// ---- What chapter 13's device asks its engine for ----

void compute(double seconds) {
  if (seconds > 0) simgrid::s4u::this_actor::sleep_for(seconds);
}
double virtual_time() { return simgrid::s4u::Engine::get_clock(); }
void wait_until(double moment) { compute(moment - virtual_time()); }
// One block of real memory stands for all.
void* ghost_allocate(size_t bytes) { return smpi_shared_malloc(bytes + 64, "ghost", 1); }
bool is_ghost(const void*) { return false; }
// Not asked for: GPUs.
std::unique_ptr<Device> make_device(const std::string&, int) { return nullptr; }
GpuClock::~GpuClock() = default;
void GpuClock::begin() {}
void GpuClock::end() {}
double GpuClock::seconds() { return 0; }
PeerMailbox::~PeerMailbox() = default;
void PeerMailbox::send(const float*, size_t) {}
void PeerMailbox::sent(const float*) {}
void PeerMailbox::receive(float*, size_t) {}
GpuCollectives::~GpuCollectives() = default;
void Pipeline::go_between_gpus(const std::string&) {}
void Pipeline::wait_for_gpu() {}
void TensorParallel::open_window(const std::string&) {}
void TensorParallel::begin_between_gpus(float*, size_t, GpuCollectives::Combine) {}
void TensorParallel::end_between_gpus() {}
void ShardedUpdate::open_windows(const std::string&) {}
void ShardedUpdate::add_up_between_gpus() {}
void ShardedUpdate::gather_between_gpus() {}
void Pipeline::load_images_early(const Step&, const Batch&) {}
void Pipeline::read_losses(const Batch&) {}

namespace {

Cluster cluster;
std::optional<Topology> topology;
MPI_Op timed_sum = MPI_OP_NULL;

int rank_on(const simgrid::s4u::Host* host) { return std::atoi(host->get_cname() + 1); }

// Two numbers are read, one is written. Values are added where they matter: doubles, the loss.
void sum(void* in, void* out, int* n, MPI_Datatype* type) {
  int each = 0;
  MPI_Type_size(*type, &each);
  for (int i = 0; *type == MPI_DOUBLE && i < *n; ++i) static_cast<double*>(out)[i] += static_cast<double*>(in)[i];
  compute(3.0 * each * *n / cluster.sum_bytes_per_second());
}

void set_costs() {
  for (const SmpiOperation send : {SmpiOperation::ISEND, SmpiOperation::SEND})
    smpi_register_op_cost_callback(send, [](size_t, simgrid::s4u::Host* from, simgrid::s4u::Host* to) {
      return topology->link(rank_on(from), rank_on(to)).overhead;
    });
  smpi_register_op_cost_callback(SmpiOperation::RECV, [](size_t, simgrid::s4u::Host*, simgrid::s4u::Host*) { return 0.0; });
  simgrid::s4u::Engine::get_instance()->get_netzone_root()->get_network_model()->set_lat_factor_cb(
      [](double bytes, const simgrid::s4u::Host* from, const simgrid::s4u::Host* to, const auto&, const auto&) {
        if (from == to) return 1.0;
        const Link& link = topology->link(rank_on(from), rank_on(to));
        return bytes > cluster.eager_bytes ? 1 + link.rendezvous / link.latency : 1.0;
      });
}

double moment_of_all() {
  MPI_Barrier(MPI_COMM_WORLD);
  return simgrid::s4u::Engine::get_clock();
}

}  // namespace

// SMPI's own choice is another one than simulated_collectives.cpp's: in two levels, which costs other messages and other sums.
namespace simgrid::smpi {
int allreduce__rdb(const void* in, void* out, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm);
int allreduce__rab_rdb(const void* in, void* out, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm);
}  // namespace simgrid::smpi

int MPI_Allreduce(const void* in, void* out, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
  int ranks = 0, each = 0;
  MPI_Comm_size(comm, &ranks);
  MPI_Type_size(type, &each);
  const bool is_timed = op == MPI_SUM && (type == MPI_FLOAT || type == MPI_DOUBLE), in_place = in == MPI_IN_PLACE;
  const bool is_long = int64_t(each) * count > 2048 && count >= int(std::bit_floor(unsigned(ranks)));
  std::vector<char> copy(in_place ? size_t(each) * size_t(count) : 0);
  if (in_place) std::memcpy(copy.data(), out, copy.size());
  return (is_long ? simgrid::smpi::allreduce__rab_rdb : simgrid::smpi::allreduce__rdb)(in_place ? copy.data() : in, out, count, type,
                                                                                     is_timed ? timed_sum : op, comm);
}

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  try {
    cluster = load_cluster(argv[1]);
    const GridShape shape{std::atoi(argv[2]), std::atoi(argv[3]), std::atoi(argv[4])};
    topology.emplace(cluster, shape.ranks());
    MPI_Op_create(sum, 1, &timed_sum);
    int rank = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank == 0) set_costs();
    MPI_Barrier(MPI_COMM_WORLD);

    HybridSettings s{.sizes = {784}, .batch = size_t(std::atoi(argv[5])), .micro_batches = shape.data, .allreduce = "mpi", .optimizer = {}};
    for (int i = 6; i < argc; ++i) s.sizes.push_back(std::atoi(argv[i]));
    s.sizes.push_back(10);
    Dataset data;
    data.count = s.batch;
    data.labels.assign(s.batch, 0);
    std::vector<uint32_t> order(data.count);
    std::iota(order.begin(), order.end(), 0u);
    ModelledDevice device(cluster, Contents::none);
    const Grid grid(shape, MPI_COMM_WORLD);
    HybridModel model(device, grid, s);
    constexpr int steps = 2;  // after one that is not timed
    model.step(data, order, {0, data.count});
    double moments[2] = {moment_of_all(), 0}, last[2];
    for (int i = 0; i < steps; ++i) model.step(data, order, {0, data.count});
    moments[1] = moment_of_all();
    PMPI_Allreduce(moments, last, 2, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    if (rank == 0) std::printf("%s,%s,%s,%s,%.4g\n", argv[1], argv[2], argv[3], argv[4], 1e3 * (last[1] - last[0]) / steps);
  } catch (const std::exception& error) {
    std::printf("error: %s\n", error.what());
    std::fflush(stdout);
    std::_Exit(1);
  }
  MPI_Finalize();
}
