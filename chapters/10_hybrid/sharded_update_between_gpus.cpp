// The update between GPUs of one node: chapter 05's peer windows on gradients and weights, in place of messages. The bits are those of
// messages. A rank without rows has computed zeros, and takes part.
#include <algorithm>
#include <cstdio>

#include "chapters/05_collectives/messages.h"
#include "chapters/10_hybrid/sharded_update.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/timer.h"

// Both windows are opened or, on all ranks, none.
void ShardedUpdate::open_windows(const std::string& exchange) {
  if (exchange == "host" || ranks_ == 1 || reproducible_ || format_) return;
  const auto gpu = dynamic_cast<CudaDevice*>(&device_);
  int all = gpu != nullptr;
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MIN, comm_));
  if (!all) return;
  const size_t n = pipeline_.layout().count;
  MPI_Comm near = comm_;
  if (!nodes_.empty()) MPI_CHECK(MPI_Comm_split(comm_, nodes_.node_of[size_t(rank_)], rank_, &near));
  std::string why = "another node's GPUs cannot reach each other";
  try {
    weights_window_ = std::make_unique<PeerWindow>(*gpu, parameters_, n, near, 0);
    gradients_window_ = std::make_unique<PeerWindow>(*gpu, gradients_, n, near, 0);
  } catch (const Error& error) {
    why = error.what();
    all = false;
  }
  if (near != comm_) MPI_CHECK(MPI_Comm_free(&near));
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MIN, comm_));
  if (!all) {
    weights_window_ = nullptr;
    gradients_window_ = nullptr;
    if (rank_of(MPI_COMM_WORLD) == 0) std::printf("%s: gradients go through host memory\n", why.c_str());
    return;
  }
  if (nodes_.ranks.size() < 2) return;
  node_sums_ = Buffer<>(device_, floats_of_node_sums(shards_, nodes_, rank_), Purpose::exchange);
  from_nodes_ = Buffer<>(device_, (nodes_.ranks.size() - 1) * shards_.size(rank_), Purpose::exchange);
}

size_t floats_of_node_sums(const Shards& shards, const Nodes& nodes, int rank) {
  size_t floats = 0;
  for (const int owner : nodes.owners_of(rank)) floats += shards.size(owner);
  return floats;
}

// Each rank's own parts, where its own gradients were.
void ShardedUpdate::add_up_between_gpus() {
  if (nodes_.ranks.size() > 1) return add_up_between_nodes();
  const Timer timer;
  for (size_t l = 0; l < sums_.size(); ++l) {
    gradients_window_->reduce_scatter(shards_.units[l].range.first, shards_.units[l].range.size());
    sums_[l] = gradients_ + shards_.part(l, rank_).first;
  }
  gradients_window_->finish();  // and all others have read what the next backward overwrites
  time_.exchanging += timer.seconds();
}

void ShardedUpdate::gather_between_gpus() {
  if (nodes_.ranks.size() > 1) return gather_between_nodes();
  const Timer timer;
  for (const Unit& unit : shards_.units) weights_window_->allgather(unit.range.first, unit.range.size());
  weights_window_->finish();
  time_.exchanging += timer.seconds();
}

size_t ShardedUpdate::moved_between_gpus() const {
  return gradients_window_->counted().read + weights_window_->counted().written;
}

// --- In two levels: chapter 05's two_level_halves.h, the level inside a node on its GPUs, in the same order ---------------------------

// The sums of one owner's parts lie as they do in its shard: so they are one message.
void ShardedUpdate::add_up_between_nodes() {
  const Timer timer;
  const std::vector<int> owners = nodes_.owners_of(rank_);
  const int here = nodes_.node_of[size_t(rank_)], nodes = int(nodes_.ranks.size());
  std::vector<PeerWindow::Part> parts;
  std::vector<size_t> begins;  // of owners
  size_t next = 0;
  for (const int owner : owners) {
    begins.push_back(next);
    for (size_t l = 0; l < sums_.size(); ++l)
      parts.push_back({shards_.part(l, owner).first, shards_.part(l, owner).size(), node_sums_ + next + shards_.offset(l, owner)});
    next += shards_.size(owner);
  }
  gradients_window_->sum_parts(parts);
  gradients_window_->finish();  // the node's sums are there
  device_.begin_copy_out(node_sums_, next);
  device_.end_copy_out(node_sums_, next);

  const size_t size = shards_.size(rank_);
  const auto from_node = [&](int node) { return from_nodes_ + size_t(node < here ? node : node - 1) * size; };
  Pending messages;
  for (int step = 1; step < nodes; ++step) {
    const int node = (here + step) % nodes;
    messages.receive(device_.host_view(from_node(node), size), size, nodes_.deputy(rank_, node), comm_);
  }
  for (size_t i = 0; i < owners.size(); ++i)
    if (owners[i] != rank_) messages.send(device_.host_view(node_sums_ + begins[i], shards_.size(owners[i])), shards_.size(owners[i]), owners[i], comm_);
  messages.wait();
  device_.begin_copy_in(from_nodes_, from_nodes_.size());
  device_.end_copy_in(from_nodes_, from_nodes_.size());

  const float* const own = node_sums_ + begins[size_t(std::ranges::find(owners, rank_) - owners.begin())];
  for (size_t l = 0; l < sums_.size(); ++l) {
    const Range part = shards_.part(l, rank_);
    sums_[l] = gradients_ + part.first;
    for (int node = 0; node < nodes; ++node) {
      const float* const sum = (node == here ? own : from_node(node)) + shards_.offset(l, rank_);
      if (node == 0) device_.copy(sums_[l], sum, part.size());
      else device_.add(sums_[l], sum, part.size());
    }
  }
  time_.exchanging += timer.seconds();
}

// A rank gets the new weights of those for whom it stands from their owners, and gives them to its node with its own.
void ShardedUpdate::gather_between_nodes() {
  const Timer timer;
  const int here = nodes_.node_of[size_t(rank_)], nodes = int(nodes_.ranks.size());
  std::vector<PeerWindow::Part> parts;
  std::vector<Range> own, foreign;
  Pending messages;
  for (const int owner : nodes_.owners_of(rank_))
    for (size_t l = 0; l < shards_.units.size(); ++l) {
      const Range part = shards_.part(l, owner);
      if (part.empty()) continue;
      parts.push_back({part.first, part.size()});
      (owner == rank_ ? own : foreign).push_back(part);
      if (owner != rank_) messages.receive(device_.host_view(parameters_ + part.first, part.size()), part.size(), owner, comm_);
    }
  for (const Range part : own) device_.begin_copy_out(parameters_ + part.first, part.size());
  for (size_t i = own.size(); i-- > 0;) device_.end_copy_out(parameters_ + own[i].first, own[i].size());  // the last is there: all are
  for (int step = 1; step < nodes; ++step)
    for (const Range part : own)
      messages.send(device_.host_view(parameters_ + part.first, part.size()), part.size(), nodes_.deputy(rank_, (here + step) % nodes), comm_);
  messages.wait();
  for (const Range part : foreign) {
    device_.begin_copy_in(parameters_ + part.first, part.size());
    device_.end_copy_in(parameters_ + part.first, part.size());
  }
  weights_window_->spread_parts(parts);
  weights_window_->finish();  // what others wrote is there, too
  time_.exchanging += timer.seconds();
}
