#include "chapters/07_sharded_optimizer/zero.h"

#include <algorithm>

#include "chapters/05_collectives/collectives.h"
#include "chapters/06_data_parallel/sum_over_ranks.h"
#include "common/error.h"

void ZeroOptions::declare(Options& options) {
  options.add("zero", &level, "what is sharded: 0 nothing, 1 optimizer state, 2 gradients, too, 3 weights, too",
              between(0, 3));
  options.add("unit", &unit, "the fewest parameters that travel together", at_least(1));
  options.add("prefetch", &prefetch, "with --zero 3: gather the next unit's weights while this one computes");
  options.add("exchange", &exchange, "how they travel between GPUs: host memory, each other's, MPI with their pointers; auto: peer, else mpi, where it can be",
              {"auto", "host", "peer", "mpi"});
  options.add("chunk-kib", &chunk_kib, "through host memory: of longer units one chunk of this size is copied while another one travels",
              between(1, 1 << 20));
  options.add("recompute", &recompute, "keep every N-th activation only, and compute the others again in backward", between(1, 1000));
  options.add("two-level", &two_level, "add inside each node first: fewer bytes between nodes, sums in another order");
}

Zero::Zero(Mlp& mlp, const OptimizerOptions& optimizer, const ZeroOptions& options, MPI_Comm comm)
    : mlp_(mlp),
      device_(mlp.device()),
      options_(options),
      clip_norm_(optimizer.clip_norm),
      comm_(comm),
      rank_(rank_of(comm)),
      ranks_(ranks_of(comm)) {
  if (options.prefetch && options.level < 3) throw Error("--prefetch needs --zero 3: below it every rank keeps all weights");
  shards_ = {make_units(mlp.layout(), size_t(options.unit), mlp.space().keep_every), ranks_};
  if (options.two_level) nodes_ = options.nodes.empty() ? nodes_of(comm) : make_nodes(options.nodes);
  allocate(optimizer);
  open_windows();
  const size_t unit = shards_.largest_unit();
  const size_t collected = nodes_.empty() ? size_t(ranks_ - 1) * shards_.largest_part(rank_) : two_level_floats(unit, nodes_, rank_);
  if (options.format) allocate_words();
  else if (!between_gpus()) operands_ = Buffer(device_, collected, Purpose::exchange);
  has_views_ = !between_gpus() && !options.format && device_.host_view(operands_, 0) != operands_.data();
  set_hooks();
  keep_freed_memory(true);
}

Zero::~Zero() {
  device_.meanwhile = {};  // after an error weights may still be under way
  keep_freed_memory(false);
}

// --- What lies where -------------------------------------------------------------------------------------------------

void Zero::allocate(const OptimizerOptions& optimizer) {
  const size_t all = shards_.count(), shard = shards_.size(rank_);
  const bool all_weights = options_.level < 3, all_gradients = options_.level < 2;
  parameters_ = Buffer(device_, all_weights ? all : shard, Purpose::parameters);
  gradients_ = Buffer(device_, all_gradients ? all : shard, Purpose::gradients);
  for (size_t parity = 0; parity < 2 && options_.prefetch; ++parity)
    gathered_[parity].memory = Buffer(device_, shards_.largest_unit(parity, 2), Purpose::parameters);
  if (all_gradients && rounds() > 1) sums_ = Buffer(device_, shard, Purpose::gradients);
  for (size_t u = 0; u < shards_.units.size(); ++u)
    optimizers_.emplace_back(device_, optimizer, options_.level == 0 ? shards_.units[u].range.size() : part(u).size());

  for (int l = 0; l < mlp_.depth(); ++l) {
    const size_t offset = mlp_.layout().layers[size_t(l)].range().first;
    mlp_.place_parameters(l, all_weights ? parameters_ + offset : nullptr);
    mlp_.place_gradients(l, all_gradients ? gradients_ + offset : nullptr);
  }
}

float* Zero::own_weights(size_t u) const {
  if (masters_) return masters_ + shards_.offset(u, rank_);
  return parameters_ + (options_.level < 3 ? part(u).first : shards_.offset(u, rank_));
}

// Where the sum of this rank's part is collected.
float* Zero::own_gradients(size_t u) const {
  if (options_.level >= 2) return gradients_ + shards_.offset(u, rank_);
  return sums_ ? sums_ + shards_.offset(u, rank_) : gradients_ + part(u).first;
}

// Where backward writes the gradients of a unit.
float* Zero::unit_gradients(size_t u) const {
  return options_.level >= 2 ? computed_gradients_.data() : gradients_ + shards_.units[u].range.first;
}

// The gradients that `rank` has computed for this rank's part.
float* Zero::operand(int rank, size_t u) const {
  if (rank == rank_) return unit_gradients(u) + (part(u).first - shards_.units[u].range.first);
  return operands_ + size_t(rank < rank_ ? rank : rank - 1) * part(u).size();
}

void Zero::load(std::span<const float> weights) {
  if (options_.format) return load_rounded(weights);
  if (options_.level < 3) return device_.copy_in(parameters_.data(), weights.data(), weights.size());
  for (size_t u = 0; u < shards_.units.size(); ++u)
    device_.copy_in(own_weights(u), weights.data() + part(u).first, part(u).size());
}

void Zero::save(std::span<float> weights) {
  if (options_.level < 3) return device_.copy_out(weights.data(), parameters_.data(), weights.size());
  for (size_t u = 0; u < shards_.units.size(); ++u) {
    const Range range = shards_.units[u].range;
    gather_weights(u);
    device_.copy_out(weights.data() + range.first, gathered(u).memory.data(), range.size());
    free_weights(u);
  }
}

// --- When it is there ------------------------------------------------------------------------------------------------

// A unit's layers come first to last in forward and last to first in backward.
void Zero::set_hooks() {
  const auto is_first = [this](int l) { return l == shards_.units[shards_.unit_of(l)].first_layer; };
  const auto is_last = [this](int l) { return l == shards_.units[shards_.unit_of(l)].last_layer - 1; };
  const bool weights_are_sharded = options_.level >= 3, gradients_are_sharded = options_.level >= 2;
  // Layers that are computed again are those of a stretch but its last one, and a unit lies in one stretch.
  const auto ends_stretch = [this](size_t u) { return shards_.units[u].last_layer % mlp_.space().keep_every == 0; };

  if (weights_are_sharded) {
    mlp_.hooks.before_forward = [=, this](int l, int) {
      const size_t u = shards_.unit_of(l);
      if (!is_first(l)) return;
      gather_weights(u);
      if (options_.prefetch) gather_ahead(goes_back_ && ends_stretch(u) ? next_going_back(u) : u + 1);
    };
    mlp_.hooks.after_forward = [=, this](int l, int) {
      if (is_last(l)) free_weights(shards_.unit_of(l));
    };
  }
  mlp_.hooks.before_backward = [=, this](int l, int) {
    const size_t u = shards_.unit_of(l);
    if (!is_last(l)) return;
    if (weights_are_sharded && needs_weights(u)) gather_weights(u);
    if (options_.prefetch) gather_ahead(next_going_back(u));
    if (gradients_are_sharded) make_gradients(u);
    if (!has_views_) post_receives(u);
  };
  mlp_.hooks.after_backward = [=, this](int l, int) {
    goes_back_ = l > 0;
    if (!is_first(l)) return;
    if (weights_are_sharded) free_weights(shards_.unit_of(l));
    reduce(shards_.unit_of(l));
    if (gradients_are_sharded) free_gradients(shards_.unit_of(l));
  };
}

// The place is free: the unit that had it before is through.
void Zero::begin_gathering(size_t u) {
  Gathered& g = gathered(u);
  g.begun = true;
  if (!places_stay()) g.memory = Buffer(device_, shards_.units[u].range.size(), Purpose::parameters);
  begin_allgather(g.memory, own_weights(u), u, g);
  device_.meanwhile = [&g] {
    g.messages.between.progress(), g.messages.inside.progress();
    for (Pending& piece : g.pieces) piece.progress();
    g.word_messages.between.progress(), g.word_messages.inside.progress();
  };
}

void Zero::gather_weights(size_t u) {
  const Unit& unit = shards_.units[u];
  Gathered& g = gathered(u);
  if (mlp_.parameters(unit.first_layer)) return;  // layers of this unit have been computed again just now
  if (!g.begun) begin_gathering(u);
  device_.meanwhile = {};
  end_allgather(g.memory, u, g);
  for (int l = unit.first_layer; l < unit.last_layer; ++l)
    mlp_.place_parameters(l, g.memory + (mlp_.layout().layers[size_t(l)].range().first - unit.range.first));
}

// Backward needs weights for the gradient of a layer's input, which nobody asks of the first layer.
bool Zero::needs_weights(size_t u) const { return shards_.units[u].last_layer > 1 || mlp_.space().input_gradient; }

// Whose weights are needed behind those of unit u, on the way back: if a stretch begins with u, the one before is computed again, from its
// first layer on. A number that no unit has: nobody's.
size_t Zero::next_going_back(size_t u) const {
  const int first = shards_.units[u].first_layer, keep_every = mlp_.space().keep_every;
  if (first == 0) return shards_.units.size();
  const bool again = keep_every > 1 && first % keep_every == 0;
  const size_t next = shards_.unit_of(again ? first - keep_every : first - 1);
  return again || needs_weights(next) ? next : shards_.units.size();
}

// While a unit computes, unless the next one needs the place that this one has, or has begun already when a part of this one was computed again.
void Zero::gather_ahead(size_t next) {
  if (next < shards_.units.size() && !gathered(next).begun) begin_gathering(next);
}

void Zero::free_weights(size_t u) {
  for (int l = shards_.units[u].first_layer; l < shards_.units[u].last_layer; ++l) mlp_.place_parameters(l, nullptr);
  gathered(u).begun = false;
  if (!places_stay()) gathered(u).memory = {};
}

void Zero::make_gradients(size_t u) {
  const Unit& unit = shards_.units[u];
  if (between_gpus()) gradients_window_->finish();  // the others have added what is here
  else computed_gradients_ = Buffer(device_, unit.range.size(), Purpose::gradients);
  for (int l = unit.first_layer; l < unit.last_layer; ++l)
    mlp_.place_gradients(l, computed_gradients_ + (mlp_.layout().layers[size_t(l)].range().first - unit.range.first));
}

void Zero::free_gradients(size_t u) {
  for (int l = shards_.units[u].first_layer; l < shards_.units[u].last_layer; ++l) mlp_.place_gradients(l, nullptr);
  if (!between_gpus()) computed_gradients_ = {};
}

// --- Rounds and steps ------------------------------------------------------------------------------------------------

int Zero::rounds() const { return int((options_.micro_batches + ranks_ - 1) / ranks_); }

Range Zero::begin_round(Range batch, int round) {
  const auto rows = [&](int m) {
    return m < options_.micro_batches ? share(batch, size_t(options_.micro_batches), size_t(m)) : Range{};
  };
  const int first = round * ranks_;
  first_round_ = true;
  for (int m = 0; m < first; ++m) first_round_ = first_round_ && rows(m).empty();
  contributors_.clear();
  for (int r = 0; r < ranks_; ++r)
    if (!rows(first + r).empty()) contributors_.push_back(r);
  if (between_gpus()) gradients_window_->finish();  // backward writes again what the round before has added
  return rows(first + rank_);
}

// Adds the unit's gradients of all ranks, each part on the rank that owns it, in rank order: that is the order of the
// micro-batches, and it does not depend on where an element lies or in which unit it travels.
void Zero::reduce(size_t u) {
  if (contributors_.empty()) return;
  if (!nodes_.empty()) return reduce_in_two_levels(u);
  if (between_gpus()) return reduce_between_gpus(u);
  if (options_.format) return reduce_rounded(u);
  receive_operands(u);
  const size_t n = part(u).size();
  float* const total = own_gradients(u);
  // The sum begins in the first operand, since `total` may be the memory of this rank's own one.
  float* const sum = first_round_ ? operand(contributors_.front(), u) : total;
  for (int r : contributors_)
    if (operand(r, u) != sum) device_.add(sum, operand(r, u), n);
  if (sum != total) device_.copy(total, sum, n);
}

// The same, but first inside of each node. Every rank takes part; one without rows has computed zeros.
void Zero::reduce_in_two_levels(size_t u) {
  const Range unit = shards_.units[u].range;
  const size_t n = part(u).size();
  float *const computed = unit_gradients(u), *const sum = operand(rank_, u), *const total = own_gradients(u);
  device_.begin_copy_out(computed, unit.size());
  device_.end_copy_out(computed, unit.size());
  float* const view = device_.host_view(computed, unit.size());
  float* const memory = device_.host_view(operands_, operands_.size());
  if (options_.format) reduce_scatter_two_level(view + (sum - computed), view, unit.size(), nodes_, comm_, *options_.format, memory);
  else reduce_scatter_two_level(view + (sum - computed), view, unit.size(), nodes_, comm_, memory);
  device_.begin_copy_in(sum, n);
  device_.end_copy_in(sum, n);
  if (!first_round_) device_.add(total, sum, n);
  else if (sum != total) device_.copy(total, sum, n);
}

// Before this rank computes the unit's gradients: then nobody who is faster waits for it. But into views once those gradients have come
// out: then the copies of the unit before, which were begun before, read them no more.
void Zero::post_receives(size_t u) {
  if (!nodes_.empty() || between_gpus()) return;
  const size_t n = part(u).size();
  if (options_.format) device_.synchronize();
  for (int r : contributors_) {
    if (r == rank_) continue;
    if (options_.format) word_messages_.receive(rounded_operand(r, u), n, r, comm_);
    else messages_.receive(device_.host_view(operand(r, u), n), n, r, comm_);
  }
}

// Every rank with rows sends each part to its owner.
void Zero::receive_operands(size_t u) {
  if (ranks_ == 1) return;
  if (pieces_of(u) > 0) return receive_operands_in_pieces(u);
  const Range unit = shards_.units[u].range;
  const size_t n = part(u).size();
  float* const computed = unit_gradients(u);
  const bool sends = std::ranges::count(contributors_, rank_) > 0;
  if (sends) {
    device_.begin_copy_out(computed, unit.size());
    device_.end_copy_out(computed, unit.size());
  } else if (operands_are_read_) {
    device_.synchronize();
  }
  operands_are_read_ = false;
  if (has_views_) post_receives(u);
  if (sends) send_parts(device_.host_view(computed, unit.size()), u);
  messages_.wait();

  for (int r : contributors_) {
    if (r == rank_) continue;
    device_.begin_copy_in(operand(r, u), n);
    device_.end_copy_in(operand(r, u), n);
    operands_are_read_ = true;
  }
}

// Begins to send the parts of this rank's gradients (unit), which lie where MPI can read them, to the other ranks: first to its
// right neighbour, so no rank is everybody's first target.
void Zero::send_parts(const float* gradients, size_t u) {
  for (int step = 1; step < ranks_; ++step) {
    const int to = (rank_ + step) % ranks_;
    const Range theirs = shards_.part(u, to);
    messages_.send(gradients + (theirs.first - shards_.units[u].range.first), theirs.size(), to, comm_);
  }
}

// Every element of the whole gradient is on one rank, its owner. So each adds the squares of what it owns.
void Zero::clip_gradients() {
  SquareSum sum;
  for (size_t u = 0; u < shards_.units.size(); ++u) sum.add(device_, own_gradients(u), part(u).size());
  sum_over_ranks(sum, comm_);
  const float factor = clip_factor(sum, clip_norm_);
  for (size_t u = 0; u < shards_.units.size() && factor < 1; ++u) device_.scale(own_gradients(u), factor, part(u).size());
}

void Zero::step() {
  if (between_gpus()) gradients_window_->finish();
  if (clip_norm_ > 0) clip_gradients();
  const size_t units = shards_.units.size();
  for (size_t u = 0; u < units && options_.level > 0; ++u) optimizers_[u].step(own_weights(u), own_gradients(u));
  if (options_.level == 3) return;
  float* const all = options_.level == 0 ? gradients_ : parameters_;
  if (!options_.format) place_parts(all);
  for (size_t u = 0; u < units; ++u) {
    const size_t first = shards_.units[u].range.first;
    if (options_.format) begin_rounded_allgather(u, gathering_);
    else begin_messages(all + first, u, gathering_);
    end_allgather(all + first, u, gathering_);
    if (options_.level == 0) optimizers_[u].step(parameters_ + first, gradients_ + first);
  }
}

// This rank's parts of all units go where they belong among all, and from there to where MPI reads them. The host waits for its GPU once,
// but for pieces: when the last copy is there, all are. (Those of the step before were there before this step's gradients.)
void Zero::place_parts(float* all) {
  const bool by_messages = ranks_ > 1 && !gathering_.window;
  const auto for_each_part = [&](size_t u, auto what) {
    if (const Range own = part(u); !own.empty()) what(all + own.first, own.size());
  };
  const size_t units = shards_.units.size();
  for (size_t u = 0; u < units; ++u)
    for_each_part(u, [&](float* place, size_t n) {
      const float* const mine = options_.level == 0 ? own_gradients(u) : own_weights(u);
      if (place != mine) device_.copy(place, mine, n);
      if (pieces_of(u) > 0) begin_pieces_out(all + shards_.units[u].range.first, u);
      else if (by_messages) device_.begin_copy_out(place, n);
    });
  for (size_t u = units; u-- > 0 && by_messages;)
    if (pieces_of(u) == 0) for_each_part(u, [&](float* place, size_t n) { device_.end_copy_out(place, n); });
  if (by_messages && shards_.size(rank_) > 0) operands_are_read_ = false;
}

// whole (unit) = the parts of all ranks, from end_allgather on; mine (part) may lie in it, in its place.
void Zero::begin_allgather(float* whole, const float* mine, size_t u, Gathered& g) {
  if (options_.format) return begin_rounded_allgather(u, g);
  const Range unit = shards_.units[u].range, own = part(u);
  float* const place = whole + (own.first - unit.first);
  if (place != mine) device_.copy(place, mine, own.size());
  if (pieces_of(u) > 0) {
    begin_pieces_out(whole, u);
    operands_are_read_ = false;  // when the first of them is there
  } else if (ranks_ > 1 && !g.window) {
    device_.begin_copy_out(place, own.size());
    device_.end_copy_out(place, own.size());  // and what was copied in before is through
    operands_are_read_ = false;
  }
  begin_messages(whole, u, g);
}

// This rank's part lies in its place, and where MPI reads it.
void Zero::begin_messages(float* whole, size_t u, Gathered& g) {
  const Range unit = shards_.units[u].range;
  if (ranks_ == 1) return;
  if (g.window) return g.window->allgather(g.window->offset_of(whole), unit.size());
  if (pieces_of(u) > 0) return begin_messages_in_pieces(whole, u, g);
  float *const view = device_.host_view(whole, unit.size()), *const mine = view + (part(u).first - unit.first);
  if (nodes_.empty()) begin_allgather_direct(view, mine, unit.size(), comm_, g.messages.inside);
  else begin_allgather_two_level(view, mine, unit.size(), nodes_, comm_, g.messages);
}

void Zero::end_allgather(float* whole, size_t u, Gathered& g) {
  if (options_.format) return end_rounded_allgather(whole, u, g);
  const size_t n = shards_.units[u].range.size();
  if (ranks_ == 1) return;
  if (g.window) return g.window->finish();
  if (pieces_of(u) > 0) return end_messages_in_pieces(whole, u, g);
  if (nodes_.empty()) g.messages.inside.wait();
  else end_allgather_two_level(device_.host_view(whole, n), n, nodes_, comm_, g.messages);
  device_.begin_copy_in(whole, n);
  device_.end_copy_in(whole, n);
}
