#include "chapters/10_hybrid/sharded_update.h"

#include <algorithm>
#include <climits>

#include "chapters/05_collectives/collectives.h"
#include "chapters/06_data_parallel/sum_over_ranks.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/words.h"
#include "chapters/10_hybrid/gradient_scale.h"
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

ShardedUpdate::ShardedUpdate(Pipeline& pipeline, float* parameters, float* gradients, const OptimizerOptions& optimizer,
                             int micro_batches, bool reproducible, MPI_Comm data, const Clipping& clipping, const Nodes& nodes,
                             std::optional<MessageFormat> format, const std::string& exchange)
    : pipeline_(pipeline),
      device_(pipeline.device()),
      parameters_(parameters),
      gradients_(gradients),
      micro_batches_(micro_batches),
      reproducible_(reproducible),
      comm_(data),
      clipping_(clipping),
      nodes_(nodes),
      rank_(rank_of(data)),
      ranks_(ranks_of(data)),
      format_(ranks_ > 1 || reproducible ? format : std::nullopt),
      shards_(stage_shards(pipeline.layout(), ranks_)) {
  if (shards_.largest_unit() > INT_MAX)
    throw Error("a layer of " + std::to_string(shards_.largest_unit()) + " parameters is too long for MPI");
  for (const Layout& chunk : pipeline.layout().chunks)
    first_layer_.push_back(first_layer_.empty() ? 0 : first_layer_.back() + (&chunk - 1)->layers.size());
  for (size_t l = 0; l < shards_.units.size(); ++l)
    optimizers_.emplace_back(device_, optimizer, shards_.part(l, rank_).size());
  open_windows(exchange);
  if (between_gpus()) return;
  const size_t others = terms_of_others(micro_batches, reproducible, ranks_, rank_) * shards_.size(rank_);
  const size_t own = own_terms(micro_batches, reproducible, ranks_, rank_) * pipeline.layout().count;
  const size_t floats = adds_in_two_levels() ? two_level_floats(shards_.largest_unit(), nodes_, rank_) : format_ ? (others + 1) / 2 : others;
  received_ = Buffer<>(device_, floats, Purpose::exchange);
  if (adds_in_two_levels()) return;
  if (format_) rounded_ = Buffer<>(device_, (own + 1) / 2, Purpose::exchange);
  if (reproducible) {
    pipeline.hooks.before_backward = [this](int chunk, int m) { return place_gradients(chunk, m); };
    pipeline.hooks.after_backward = [this](int chunk, int m) { send(chunk, number_of_[size_t(m)]); };
  } else {
    pipeline.hooks.gradients_complete = [this](int chunk) { send(chunk, 0); };
  }
}

ShardedUpdate::~ShardedUpdate() {
  pipeline_.hooks = {};
  device_.meanwhile = {};  // after an error gradients may still be under way
}

// ---- what is added ----

void ShardedUpdate::begin(std::span<const Range> micro_batches) {
  const Range own = own_micro_batches(micro_batches_, ranks_, rank_);
  number_of_.assign(own.size(), -1);
  int number = 0;
  for (size_t m = own.first; m < own.last; ++m)
    if (!micro_batches[m].empty()) number_of_[m - own.first] = number++;
  terms_ = terms_of(micro_batches, reproducible_, ranks_);
  if (adds_in_two_levels() || between_gpus() || ranks_ == 1) return;
  post_receives();
  device_.meanwhile = [this] { progress(); };  // until add_up
}

void ShardedUpdate::progress() {
  int complete;
  for (auto* requests : {&receives_, &sends_})
    MPI_CHECK(MPI_Testall(int(requests->size()), requests->data(), &complete, MPI_STATUSES_IGNORE));
}

// A gradient of its own for each micro-batch; it is computed from zero.
Write ShardedUpdate::place_gradients(int chunk, int m) {
  float* place = gradients_ + size_t(number_of_[size_t(m)]) * pipeline_.layout().count +
                 pipeline_.layout().offsets[size_t(chunk)];
  Mlp& mlp = pipeline_.mlp(chunk);
  for (int l = 0; l < mlp.depth(); ++l) mlp.place_gradients(l, place + mlp.layout().layers[size_t(l)].range().first);
  return Write::overwrite;
}

// Where this rank's part of a layer lies, of one term. received: how many terms of other ranks come before it.
float* ShardedUpdate::part_of(const Term& term, size_t received, size_t layer) const {
  if (term.rank == rank_)
    return gradients_ + size_t(term.number) * pipeline_.layout().count + shards_.part(layer, rank_).first;
  return received_ + received * shards_.size(rank_) + shards_.offset(layer, rank_);
}

// The same of a term that was rounded, in memory of the host.
uint16_t* ShardedUpdate::rounded(const Term& term, size_t received, size_t layer) {
  const auto words = [&](Buffer<>& buffer) { return reinterpret_cast<uint16_t*>(device_.host_view(buffer, 0)); };
  if (term.rank == rank_) return words(rounded_) + size_t(term.number) * pipeline_.layout().count + shards_.part(layer, rank_).first;
  return words(received_) + received * shards_.size(rank_) + shards_.offset(layer, rank_);
}

// ---- messages. Their tag is the number of the layer in its stage; those of one layer come in the order of micro-batches,
// in which every chunk takes its backward steps. ----

void ShardedUpdate::post_receives() {
  size_t received = 0;
  for (const Term& term : terms_) {
    if (term.rank == rank_) continue;
    for (size_t l = 0; l < shards_.units.size(); ++l) {
      const size_t n = shards_.part(l, rank_).size();
      if (n == 0) continue;
      void* const place = format_ ? static_cast<void*>(rounded(term, received, l)) : device_.host_view(part_of(term, received, l), n);
      MPI_CHECK(MPI_Irecv(place, int(n), format_ ? MPI_UINT16_T : MPI_FLOAT, term.rank, int(l), comm_, &receives_.emplace_back()));
    }
    ++received;
  }
}

// Begins to send a chunk's gradients, each part to its owner.
void ShardedUpdate::send(int chunk, int number) {
  const bool has_rows = std::ranges::any_of(number_of_, [](int n) { return n >= 0; });
  if ((ranks_ == 1 && !format_) || !has_rows) return;
  const TraceRegion region("send gradients", number);
  float* gradients = gradients_ + size_t(number) * pipeline_.layout().count;
  const size_t first = first_layer_[size_t(chunk)], layers = pipeline_.layout().chunks[size_t(chunk)].layers.size();
  for (size_t l = first + layers; l-- > first;) {
    const Range layer = shards_.units[l].range;
    Timer timer;
    device_.begin_copy_out(gradients + layer.first, layer.size());
    device_.end_copy_out(gradients + layer.first, layer.size());
    time_.copying += timer.seconds();
    timer.restart();
    uint16_t* const words = format_ ? rounded({rank_, number}, 0, l) - shards_.part(l, rank_).first : nullptr;
    if (format_) format_->narrow(words + layer.first, device_.host_view(gradients + layer.first, layer.size()), layer.size());
    for (int step = 1; step < ranks_; ++step) {  // first to the right neighbour: no rank is everybody's first target
      const int to = (rank_ + step) % ranks_;
      const Range part = shards_.part(l, to);
      if (part.empty()) continue;
      const void* const from = format_ ? static_cast<void*>(words + part.first) : device_.host_view(gradients + part.first, part.size());
      MPI_CHECK(MPI_Isend(from, int(part.size()), format_ ? MPI_UINT16_T : MPI_FLOAT, to, int(l), comm_, &sends_.emplace_back()));
    }
    time_.exchanging += timer.seconds();
  }
}

// The sum of all terms, of this rank's part of a layer, in the memory of the first one.
float* ShardedUpdate::add_up(size_t layer) {
  const size_t n = shards_.part(layer, rank_).size();
  float* sum = nullptr;
  size_t received = 0;
  for (const Term& term : terms_) {
    float* part = part_of(term, received, layer);
    if (term.rank != rank_) {
      ++received;
      device_.begin_copy_in(part, n);
      device_.end_copy_in(part, n);
    }
    if (sum) device_.add(sum, part, n);
    else sum = part;
  }
  return sum;
}

// The same with the sums of nodes, where this rank's own gradients were. Every rank takes part; one without rows has computed zeros.
float* ShardedUpdate::add_up_in_two_levels(size_t layer) {
  const Range all = shards_.units[layer].range, part = shards_.part(layer, rank_);
  float *const own = gradients_ + all.first, *const sum = gradients_ + part.first;
  device_.begin_copy_out(own, all.size());
  device_.end_copy_out(own, all.size());
  float* const view = device_.host_view(own, all.size());
  float* const memory = device_.host_view(received_, received_.size());
  if (format_) reduce_scatter_two_level(view + (sum - own), view, all.size(), nodes_, comm_, *format_, memory);
  else reduce_scatter_two_level(view + (sum - own), view, all.size(), nodes_, comm_, memory);
  device_.begin_copy_in(sum, part.size());
  device_.end_copy_in(sum, part.size());
  return sum;
}

// The same of rounded terms: in floats, on the host, where this rank's first term was.
float* ShardedUpdate::add_up_rounded(size_t layer) {
  const Range part = shards_.part(layer, rank_);
  float* const sum = gradients_ + part.first;
  if (part.empty()) return sum;
  float* const view = device_.host_view(sum, part.size());
  std::vector<float> next(part.size());
  size_t received = 0;
  for (const Term& term : terms_) {
    const uint16_t* const words = rounded(term, received, layer);
    if (term.rank != rank_) ++received;
    if (&term == &terms_.front()) {
      format_->widen(view, words, part.size());
      continue;
    }
    format_->widen(next.data(), words, part.size());
    for (size_t i = 0; i < next.size(); ++i) view[i] += next[i];
  }
  device_.begin_copy_in(sum, part.size());
  device_.end_copy_in(sum, part.size());
  return sum;
}

float ShardedUpdate::clip_factor() {
  SquareSum squares;
  size_t l = 0;
  for (size_t c = 0; c < pipeline_.layout().chunks.size(); ++c)
    for (const Layer& layer : pipeline_.layout().chunks[c].layers) {
      const bool copy_of_bias = layer.split == Split::rows && clipping_.slice > 0;
      const size_t counted_until = pipeline_.layout().offsets[c] + (copy_of_bias ? layer.w.range().last : layer.range().last);
      const Range part = shards_.part(l, rank_);
      if (part.first < counted_until) squares.add(device_, sums_[l], std::min(part.last, counted_until) - part.first);
      ++l;
    }
  const Timer timer;
  sum_over_ranks(squares, clipping_.grid);
  time_.exchanging += timer.seconds();
  return ::clip_factor(squares, clipping_.limit);
}

// This rank's parts, to where MPI reads them. The host waits for its GPU once: when the last copy is there, all are.
void ShardedUpdate::copy_out_weights() {
  const auto for_each_part = [&](size_t l, auto copy) {
    if (const Range part = shards_.part(l, rank_); !part.empty()) copy(parameters_ + part.first, part.size());
  };
  const size_t layers = shards_.units.size();
  for (size_t l = 0; l < layers; ++l) for_each_part(l, [&](float* p, size_t n) { device_.begin_copy_out(p, n); });
  for (size_t l = layers; l-- > 0;) for_each_part(l, [&](float* p, size_t n) { device_.end_copy_out(p, n); });
  if (shards_.size(rank_) == 0) device_.synchronize();  // the copies of the step before may still read the views
}

void ShardedUpdate::gather_weights(size_t l) {
  const Range layer = shards_.units[l].range, part = shards_.part(l, rank_);
  float* view = device_.host_view(parameters_ + layer.first, layer.size());
  const float* const mine = view + (part.first - layer.first);
  if (nodes_.empty()) allgather_direct(view, mine, layer.size(), comm_);
  else allgather_two_level(view, mine, layer.size(), nodes_, comm_);
  device_.begin_copy_in(parameters_ + layer.first, layer.size());
  device_.end_copy_in(parameters_ + layer.first, layer.size());
}

void ShardedUpdate::finish() {
  add_up();
  take_step();
}

void ShardedUpdate::add_up() {
  device_.meanwhile = {};
  const Timer timer;
  MPI_CHECK(MPI_Waitall(int(receives_.size()), receives_.data(), MPI_STATUSES_IGNORE));
  receives_.clear();
  sums_.assign(shards_.units.size(), nullptr);
  if (between_gpus()) return add_up_between_gpus();
  for (size_t l = 0; l < sums_.size() && adds_in_two_levels(); ++l) sums_[l] = add_up_in_two_levels(l);
  time_.exchanging += timer.seconds();
  const TraceRegion region("add gradients");
  for (size_t l = 0; l < sums_.size() && !adds_in_two_levels(); ++l) sums_[l] = format_ ? add_up_rounded(l) : add_up(l);
}

bool ShardedUpdate::finite() const {
  bool all = true;
  for (size_t l = 0; l < sums_.size(); ++l) all = all && all_finite(device_, sums_[l], shards_.part(l, rank_).size());
  return all;
}

void ShardedUpdate::take_step(double scale) {
  {
    const TraceRegion region("update");
    for (size_t l = 0; l < sums_.size() && scale != 1; ++l) device_.scale(sums_[l], float(1 / scale), shards_.part(l, rank_).size());
    const float factor = clipping_.limit > 0 ? clip_factor() : 1;
    for (size_t l = 0; l < shards_.units.size(); ++l) {
      const Range part = shards_.part(l, rank_);
      if (factor < 1) device_.scale(sums_[l], factor, part.size());
      optimizers_[l].step(parameters_ + part.first, sums_[l]);
    }
    if (ranks_ > 1 && !between_gpus()) copy_out_weights();
  }

  if (between_gpus()) return gather_between_gpus();
  const Timer gathering;
  for (size_t l = 0; l < shards_.units.size() && ranks_ > 1; ++l) gather_weights(l);
  time_.exchanging += gathering.seconds();
  skip_step();
}

void ShardedUpdate::skip_step() {
  const Timer timer;
  MPI_CHECK(MPI_Waitall(int(sends_.size()), sends_.data(), MPI_STATUSES_IGNORE));
  sends_.clear();
  time_.exchanging += timer.seconds();
}
