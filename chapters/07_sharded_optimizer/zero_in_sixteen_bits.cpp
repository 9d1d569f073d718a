// For chapter 11, skip it now: ZeRO whose messages have numbers of 16 bits. A shard is of floats: the masters, their gradients' sums, the
// optimizer's state. What leaves a rank is rounded: a gradient on its way to its owner, and new weights on their way to all, each rank's
// own ones, too. So all ranks compute with the same weights, and the bits do not depend on who owns what.
#include <algorithm>

#include "chapters/05_collectives/add.h"
#include "chapters/07_sharded_optimizer/zero.h"
#include "common/error.h"

void Zero::allocate_words() {
  if (options_.level == 0) throw Error("messages of 16 bits need --zero 1, 2 or 3: at level 0 no weights travel");
  const auto room = [&](size_t n) { return Buffer(device_, (n + 1) / 2, Purpose::exchange); };  // two in the place of a float
  const size_t unit = shards_.largest_unit();
  if (nodes_.empty()) {
    operands_ = room(size_t(ranks_ - 1) * shards_.largest_part(rank_));
    rounded_ = room(unit);
  } else {
    operands_ = Buffer(device_, two_level_floats(unit, nodes_, rank_), Purpose::exchange);
  }
  if (options_.level < 3) {
    masters_ = Buffer(device_, shards_.size(rank_), Purpose::parameters);
    gathering_.words = room(unit);
  } else if (options_.prefetch) {
    for (size_t parity = 0; parity < 2; ++parity) gathered_[parity].words = room(shards_.largest_unit(parity, 2));
  } else {
    gathered_[0].words = room(unit);
  }
}

void Zero::load_rounded(std::span<const float> weights) {
  for (size_t u = 0; u < shards_.units.size(); ++u)
    device_.copy_in(own_weights(u), weights.data() + part(u).first, part(u).size());
  if (options_.level == 3) return;
  std::vector<uint16_t> rounded(weights.size());
  std::vector<float> copies(weights.size());
  options_.format->narrow(rounded.data(), weights.data(), weights.size());
  options_.format->widen(copies.data(), rounded.data(), rounded.size());
  device_.copy_in(parameters_.data(), copies.data(), copies.size());
}

uint16_t* Zero::words(Buffer<>& memory) const { return reinterpret_cast<uint16_t*>(device_.host_view(memory, 0)); }

// The gradients that `rank` has computed for this rank's part, as they have travelled.
uint16_t* Zero::rounded_operand(int rank, size_t u) {
  if (rank == rank_) return words(rounded_) + (part(u).first - shards_.units[u].range.first);
  return words(operands_) + size_t(rank < rank_ ? rank : rank - 1) * part(u).size();
}

// As reduce, in the same order: floats are added, on the host.
void Zero::reduce_rounded(size_t u) {
  const Range unit = shards_.units[u].range;
  const size_t n = part(u).size();
  if (std::ranges::count(contributors_, rank_)) {
    float* const computed = unit_gradients(u);
    device_.begin_copy_out(computed, unit.size());
    device_.end_copy_out(computed, unit.size());
    options_.format->narrow(words(rounded_), device_.host_view(computed, unit.size()), unit.size());
    for (int step = 1; step < ranks_; ++step) {
      const int to = (rank_ + step) % ranks_;
      const Range theirs = shards_.part(u, to);
      word_messages_.send(words(rounded_) + (theirs.first - unit.first), theirs.size(), to, comm_);
    }
  }
  word_messages_.wait();
  if (n == 0) return;

  // Between the rounds of a batch the view keeps the sum so far: nobody else uses this memory.
  float *const total = own_gradients(u), *const view = device_.host_view(total, n);
  std::vector<float> next(n);
  bool begun = !first_round_;
  for (int r : contributors_) {
    options_.format->widen(begun ? next.data() : view, rounded_operand(r, u), n);
    if (begun) add(view, view, next.data(), n);
    begun = true;
  }
  device_.begin_copy_in(total, n);
  device_.end_copy_in(total, n);
}

// Of this rank's masters.
void Zero::begin_rounded_allgather(size_t u, Gathered& g) {
  const Range unit = shards_.units[u].range, own = part(u);
  float* const masters = own_weights(u);
  uint16_t *const all = words(g.words), *const mine = all + (own.first - unit.first);
  device_.synchronize();  // copies that were begun before may still read the views
  device_.begin_copy_out(masters, own.size());
  device_.end_copy_out(masters, own.size());
  options_.format->narrow(mine, device_.host_view(masters, own.size()), own.size());
  if (nodes_.empty()) begin_allgather_direct(all, mine, unit.size(), comm_, g.word_messages.inside);
  else begin_allgather_two_level(all, mine, unit.size(), nodes_, comm_, g.word_messages);
}

void Zero::end_rounded_allgather(float* whole, size_t u, Gathered& g) {
  const size_t n = shards_.units[u].range.size();
  uint16_t* const all = words(g.words);
  if (nodes_.empty()) g.word_messages.inside.wait();
  else end_allgather_two_level(all, n, nodes_, comm_, g.word_messages);
  options_.format->widen(device_.host_view(whole, n), all, n);
  device_.begin_copy_in(whole, n);
  device_.end_copy_in(whole, n);
}
