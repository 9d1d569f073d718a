#include "chapters/10_hybrid/sharded_update.h"

#include <algorithm>
#include <climits>

#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/messages.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/mpi_guard/trace.h"
#include "common/timer.h"

Shards stage_shards(const StageLayout& layout, int data_ranks) {
  Shards shards{{}, data_ranks};
  for (size_t chunk = 0; chunk < layout.chunks.size(); ++chunk)
    for (Unit unit : make_units(layout.chunks[chunk], 0)) {  // also for a layer of which this slice has nothing
      unit.range.first += layout.offsets[chunk];
      unit.range.last += layout.offsets[chunk];
      shards.units.push_back(unit);
    }
  return shards;
}

size_t kept_gradients(int micro_batches, bool reproducible, int ranks, int rank) {
  return reproducible ? std::max<size_t>(1, own_micro_batches(micro_batches, ranks, rank).size()) : 1;
}

size_t foreign_contributions(int micro_batches, bool reproducible, int ranks, int rank) {
  if (reproducible) return size_t(micro_batches) - own_micro_batches(micro_batches, ranks, rank).size();
  size_t others = 0;
  for (int other = 0; other < ranks; ++other)
    if (other != rank && !own_micro_batches(micro_batches, ranks, other).empty()) ++others;
  return others;
}

ShardedUpdate::ShardedUpdate(Pipeline& pipeline, float* parameters, float* gradients, const OptimizerOptions& optimizer,
                             int micro_batches, bool reproducible, MPI_Comm data)
    : pipeline_(pipeline),
      device_(pipeline.device()),
      parameters_(parameters),
      gradients_(gradients),
      micro_batches_(micro_batches),
      reproducible_(reproducible),
      comm_(data),
      rank_(rank_of(data)),
      ranks_(ranks_of(data)),
      shards_(stage_shards(pipeline.layout(), ranks_)) {
  if (shards_.largest_unit() > INT_MAX)
    throw Error("a layer of " + std::to_string(shards_.largest_unit()) + " parameters is too long for MPI");
  for (const Layout& chunk : pipeline.layout().chunks)
    first_unit_.push_back(first_unit_.empty() ? 0 : first_unit_.back() + (&chunk - 1)->layers.size());
  for (size_t u = 0; u < shards_.units.size(); ++u)
    optimizers_.emplace_back(device_, optimizer, shards_.part(u, rank_).size());
  operands_ = Buffer<>(device_, foreign_contributions(micro_batches, reproducible, ranks_, rank_) * shards_.size(rank_),
                       Purpose::exchange);

  if (reproducible) {
    pipeline.hooks.before_backward = [this](int chunk, int m) { return place_gradients(chunk, m); };
    pipeline.hooks.after_backward = [this](int chunk, int m) { send(chunk, number_of_[size_t(m)]); };
  } else {
    pipeline.hooks.gradients_complete = [this](int chunk) { send(chunk, 0); };
  }
}

ShardedUpdate::~ShardedUpdate() { pipeline_.hooks = {}; }

// ---- what is added ----

// In the order in which it is added.
std::vector<ShardedUpdate::Contribution> ShardedUpdate::contributions(std::span<const Range> micro_batches) const {
  std::vector<Contribution> all;
  for (int rank = 0; rank < ranks_; ++rank) {
    const Range own = own_micro_batches(micro_batches_, ranks_, rank);
    int number = 0;
    for (size_t m = own.first; m < own.last; ++m)
      if (!micro_batches[m].empty() && (reproducible_ || number == 0)) all.push_back({rank, number++});
  }
  return all;
}

void ShardedUpdate::begin(std::span<const Range> micro_batches) {
  const Range own = own_micro_batches(micro_batches_, ranks_, rank_);
  number_of_.assign(own.size(), -1);
  int number = 0;
  for (size_t m = own.first; m < own.last; ++m)
    if (!micro_batches[m].empty()) number_of_[m - own.first] = number++;
  contributions_ = contributions(micro_batches);
  post_receives();
}

// A gradient of its own for each micro-batch; it is computed from zero.
Write ShardedUpdate::place_gradients(int chunk, int m) {
  float* place = gradients_ + size_t(number_of_[size_t(m)]) * pipeline_.layout().count +
                 pipeline_.layout().offsets[size_t(chunk)];
  Mlp& mlp = pipeline_.mlp(chunk);
  for (int l = 0; l < mlp.depth(); ++l) mlp.place_gradients(l, place + mlp.layout().layers[size_t(l)].range().first);
  return Write::overwrite;
}

// Where a contribution to this rank's part of a unit lies. foreign: how many contributions of others come before it.
float* ShardedUpdate::part_of(const Contribution& c, size_t foreign, size_t u) const {
  if (c.rank == rank_) return gradients_ + size_t(c.number) * pipeline_.layout().count + shards_.part(u, rank_).first;
  return operands_ + foreign * shards_.size(rank_) + shards_.offset(u, rank_);
}

// ---- messages. Their tag is the number of the unit; those of one unit come in the order of micro-batches, in which every
// chunk takes its backward steps. ----

void ShardedUpdate::post_receives() {
  size_t foreign = 0;
  for (const Contribution& c : contributions_) {
    if (c.rank == rank_) continue;
    for (size_t u = 0; u < shards_.units.size(); ++u) {
      const size_t n = shards_.part(u, rank_).size();
      if (n == 0) continue;
      float* place = part_of(c, foreign, u);
      MPI_CHECK(MPI_Irecv(device_.host_view(place, n), int(n), MPI_FLOAT, c.rank, int(u), comm_, &receives_.emplace_back()));
    }
    ++foreign;
  }
}

// Begins to send a chunk's gradients, each part to its owner.
void ShardedUpdate::send(int chunk, int number) {
  const bool has_rows = std::ranges::any_of(number_of_, [](int n) { return n >= 0; });
  if (ranks_ == 1 || !has_rows) return;
  const TraceRegion region("send gradients", number);
  float* gradients = gradients_ + size_t(number) * pipeline_.layout().count;
  const size_t first = first_unit_[size_t(chunk)], layers = pipeline_.layout().chunks[size_t(chunk)].layers.size();
  for (size_t u = first + layers; u-- > first;) {
    const Range unit = shards_.units[u].range;
    Timer timer;
    device_.begin_copy_out(gradients + unit.first, unit.size());
    device_.end_copy_out(gradients + unit.first, unit.size());
    time_.copying += timer.seconds();
    timer.restart();
    for (int to = 0; to < ranks_; ++to) {
      const Range part = shards_.part(u, to);
      if (to == rank_ || part.empty()) continue;
      MPI_CHECK(MPI_Isend(device_.host_view(gradients + part.first, part.size()), int(part.size()), MPI_FLOAT, to, int(u),
                          comm_, &sends_.emplace_back()));
    }
    time_.waiting += timer.seconds();
  }
}

// The sum of all contributions to this rank's part of a unit, in the memory of the first one.
float* ShardedUpdate::add_up(size_t u) {
  const size_t n = shards_.part(u, rank_).size();
  float* sum = nullptr;
  size_t foreign = 0;
  for (const Contribution& c : contributions_) {
    float* part = part_of(c, foreign, u);
    if (c.rank != rank_) {
      ++foreign;
      device_.begin_copy_in(part, n);
      device_.end_copy_in(part, n);
    }
    if (sum) device_.add(sum, part, n);
    else sum = part;
  }
  return sum;
}

void ShardedUpdate::gather_weights(size_t u) {
  const Range unit = shards_.units[u].range, part = shards_.part(u, rank_);
  device_.begin_copy_out(parameters_ + part.first, part.size());
  device_.end_copy_out(parameters_ + part.first, part.size());
  float* view = device_.host_view(parameters_ + unit.first, unit.size());
  allgather_direct(view, view + (part.first - unit.first), unit.size(), comm_);
  device_.begin_copy_in(parameters_ + unit.first, unit.size());
  device_.end_copy_in(parameters_ + unit.first, unit.size());
}

void ShardedUpdate::finish() {
  const Timer timer;
  MPI_CHECK(MPI_Waitall(int(receives_.size()), receives_.data(), MPI_STATUSES_IGNORE));
  receives_.clear();
  time_.waiting += timer.seconds();
  {
    const TraceRegion region("update");
    for (size_t u = 0; u < shards_.units.size(); ++u)
      optimizers_[u].step(parameters_ + shards_.part(u, rank_).first, add_up(u));
    device_.synchronize();
  }

  const Timer gathering;
  for (size_t u = 0; u < shards_.units.size() && ranks_ > 1; ++u) gather_weights(u);
  MPI_CHECK(MPI_Waitall(int(sends_.size()), sends_.data(), MPI_STATUSES_IGNORE));
  sends_.clear();
  time_.waiting += gathering.seconds();
}
