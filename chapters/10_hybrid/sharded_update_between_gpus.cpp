// The update between GPUs: chapter 05's collectives on gradients and weights in their memory, in peer windows or by MPI. The bits are those
// of the way through the host. A rank without rows has computed zeros, and takes part.
#include <algorithm>

#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/mpi_collectives.h"
#include "chapters/10_hybrid/sharded_update.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/timer.h"

// Both are opened or, on all ranks, none: in two levels those of all nodes.
void ShardedUpdate::open_windows(const std::string& exchange) {
  if (exchange == "host" || ranks_ == 1 || reproducible_ || format_) return;
  const auto gpu = dynamic_cast<CudaDevice*>(&device_);
  int all = gpu != nullptr;
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MIN, comm_));
  if (!all) return;
  const size_t n = pipeline_.layout().count;
  MPI_Comm near = comm_;
  if (!nodes_.empty()) MPI_CHECK(MPI_Comm_split(comm_, nodes_.node_of[size_t(rank_)], rank_, &near));
  const auto close = [&] { weights_window_ = nullptr, gradients_window_ = nullptr; };
  const bool opened = open_between_gpus(exchange, "gradients go", [&](bool peer) {
    std::string error;
    try {
      weights_window_ = make_gpu_collectives(peer, *gpu, parameters_, n, near, 0);
      gradients_window_ = make_gpu_collectives(peer, *gpu, gradients_, n, near, 0);
    } catch (const Error& here) {
      error = here.what();
    }
    all = error.empty();
    MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MIN, comm_));
    if (all) return;
    close();
    throw Error(error.empty() ? "another node's GPUs cannot reach each other" : error);
  });
  if (near != comm_) MPI_CHECK(MPI_Comm_free(&near));
  if (!opened) return close();
  if (nodes_.ranks.size() < 2) return;
  if (exchange != "peer" && open_between_gpus("mpi", "sums of nodes go", [&](bool) { require_mpi_from_gpus(comm_); })) direct_ = gpu;
  node_sums_ = Buffer<>(device_, floats_of_node_sums(shards_, nodes_, rank_), Purpose::exchange);
  from_nodes_ = Buffer<>(device_, (nodes_.ranks.size() - 1) * shards_.size(rank_), Purpose::exchange);
}

size_t floats_of_node_sums(const Shards& shards, const Nodes& nodes, int rank) {
  size_t floats = 0;
  for (const int owner : nodes.owners_of(rank)) floats += shards.size(owner);
  return floats;
}

// What rank `near` of this node adds, and gives to the others of it: its own part of each layer, and in two levels those of the owners for
// whom it stands, one owner after the other.
std::vector<GpuCollectives::Part> ShardedUpdate::parts_of(int near) {
  const bool apart = nodes_.ranks.size() > 1;
  const int rank = apart ? nodes_.ranks[size_t(nodes_.node_of[size_t(rank_)])][size_t(near)] : near;
  std::vector<GpuCollectives::Part> parts;
  size_t next = 0;
  for (const int owner : apart ? nodes_.owners_of(rank) : std::vector{rank}) {
    for (size_t l = 0; l < shards_.units.size(); ++l) {
      const Range part = shards_.part(l, owner);
      float* const sum = apart ? node_sums_ + next + shards_.offset(l, owner) : gradients_ + part.first;
      parts.push_back({part.first, part.size(), rank == rank_ ? sum : nullptr});
    }
    next += shards_.size(owner);
  }
  return parts;
}

// Each rank's own parts, where its own gradients were.
void ShardedUpdate::add_up_between_gpus() {
  const Timer timer;
  gradients_window_->sum_parts([this](int near) { return parts_of(near); });
  gradients_window_->finish();  // and all others have read what the next backward overwrites
  for (size_t l = 0; l < sums_.size(); ++l) sums_[l] = gradients_ + shards_.part(l, rank_).first;
  if (nodes_.ranks.size() > 1) add_up_between_nodes();
  time_.exchanging += timer.seconds();
}

void ShardedUpdate::gather_between_gpus() {
  const Timer timer;
  if (nodes_.ranks.size() > 1) gather_between_nodes();
  weights_window_->spread_parts([this](int near) { return parts_of(near); });
  weights_window_->finish();  // what others wrote is there, too
  time_.exchanging += timer.seconds();
}

size_t ShardedUpdate::moved_between_gpus() const {
  return gradients_window_->counted().read + weights_window_->counted().written;
}

size_t ShardedUpdate::waits_for_messages() const {
  return between_gpus() ? gradients_window_->counted().waits + weights_window_->counted().waits + waits_between_nodes_ : 0;
}

// --- In two levels: chapter 05's two_level_halves.h, the level inside a node on its GPUs, in the same order. Messages between nodes go
// from GPU to GPU, if MPI takes their pointers, or by way of views. In both ways the host waits for what it sends. ---------------------

float* ShardedUpdate::mpi_view(float* p, size_t n) { return direct_ ? p : device_.host_view(p, n); }

// Ranges that were written, each where MPI can read it; in their own memory also where it can write.
void ShardedUpdate::show_to_mpi(std::span<const Range> ranges, float* memory) {
  if (direct_) {
    ++waits_between_nodes_;
    return wait_for_operations(*direct_);
  }
  for (const Range r : ranges) device_.begin_copy_out(memory + r.first, r.size());
  for (size_t i = ranges.size(); i-- > 0;) device_.end_copy_out(memory + ranges[i].first, ranges[i].size());  // the last is there: all are
}

void ShardedUpdate::take_from_mpi(std::span<const Range> ranges, float* memory) {
  for (const Range r : ranges) {
    if (direct_) return;
    device_.begin_copy_in(memory + r.first, r.size());
    device_.end_copy_in(memory + r.first, r.size());
  }
}

// The sums of one owner's parts lie as they do in its shard: so they are one message.
void ShardedUpdate::add_up_between_nodes() {
  const std::vector<int> owners = nodes_.owners_of(rank_);
  const int here = nodes_.node_of[size_t(rank_)], nodes = int(nodes_.ranks.size());
  const Range all_sums{0, node_sums_.size()}, all_foreign{0, from_nodes_.size()};
  show_to_mpi({&all_sums, 1}, node_sums_);

  const size_t size = shards_.size(rank_);
  const auto from_node = [&](int node) { return from_nodes_ + size_t(node < here ? node : node - 1) * size; };
  Pending messages;
  for (int step = 1; step < nodes; ++step) {
    const int node = (here + step) % nodes;
    messages.receive(mpi_view(from_node(node), size), size, nodes_.deputy(rank_, node), comm_);
  }
  float *sum = node_sums_, *own_sum = nullptr;
  for (const int owner : owners) {
    const size_t n = shards_.size(owner);
    if (owner == rank_) own_sum = sum;
    else messages.send(mpi_view(sum, n), n, owner, comm_);
    sum += n;
  }
  messages.wait();
  take_from_mpi({&all_foreign, 1}, from_nodes_);

  for (size_t l = 0; l < sums_.size(); ++l)
    for (int node = 0; node < nodes; ++node) {
      const float* const sum_of_node = (node == here ? own_sum : from_node(node)) + shards_.offset(l, rank_);
      if (node == 0) device_.copy(sums_[l], sum_of_node, shards_.part(l, rank_).size());
      else device_.add(sums_[l], sum_of_node, shards_.part(l, rank_).size());
    }
}

// A rank gets the new weights of those for whom it stands from their owners.
void ShardedUpdate::gather_between_nodes() {
  const int here = nodes_.node_of[size_t(rank_)], nodes = int(nodes_.ranks.size());
  std::vector<Range> own, foreign;
  for (size_t l = 0; l < shards_.units.size(); ++l)
    if (const Range part = shards_.part(l, rank_); !part.empty()) own.push_back(part);
  show_to_mpi(own, parameters_);
  Pending messages;
  for (const int owner : nodes_.owners_of(rank_))
    for (size_t l = 0; owner != rank_ && l < shards_.units.size(); ++l) {
      const Range part = shards_.part(l, owner);
      if (part.empty()) continue;
      foreign.push_back(part);
      messages.receive(mpi_view(parameters_ + part.first, part.size()), part.size(), owner, comm_);
    }
  for (int step = 1; step < nodes; ++step)
    for (const Range part : own)
      messages.send(mpi_view(parameters_ + part.first, part.size()), part.size(), nodes_.deputy(rank_, (here + step) % nodes), comm_);
  messages.wait();
  take_from_mpi(foreign, parameters_);
}
