// ZeRO through memory of the host, where a unit is long: each rank's part of it is cut into pieces, so that copies and messages take place
// at the same time, as in chapter 04's through_host.h.
//
//   copies     out 0 | out 1   | out 2   | in 0    | in 1 ...
//   messages         | piece 0 | piece 1 | piece 2 | ...
//
// Each piece has a place of its own in the views, so none waits for another one's. The host waits for the way out of a piece before it
// sends it, and for the messages of a piece before they go in. What is added, and in which order, does not change.
#include <algorithm>
#include <utility>

#include "chapters/07_sharded_optimizer/zero.h"

// In how many pieces parts of a unit travel, on all ranks the same; 0: the unit as a whole.
size_t Zero::pieces_of(size_t u) const {
  const size_t longest = size_t(options_.chunk_kib) * 1024 / sizeof(float), unit = shards_.units[u].range.size();
  if (!has_views_ || !nodes_.empty() || ranks_ == 1 || unit <= longest) return 0;
  const size_t part = (unit + size_t(ranks_) - 1) / size_t(ranks_);
  return (part + longest - 1) / longest;
}

Range Zero::piece(size_t u, int rank, size_t number) const { return share(shards_.part(u, rank), pieces_of(u), number); }

// To the right neighbour first, so that no rank is everybody's first target.
void Zero::receive_operands_in_pieces(size_t u) {
  const size_t pieces = pieces_of(u);
  float* const computed = unit_gradients(u) - shards_.units[u].range.first;
  const auto for_each_to_send = [&](auto what) {
    for (size_t c = 0; c < pieces; ++c)
      for (int step = 1; step < ranks_; ++step) {
        const int to = (rank_ + step) % ranks_;
        if (const Range r = piece(u, to, c); !r.empty()) what(computed + r.first, r.size(), to);
      }
  };
  const Range own = part(u);
  const auto for_each_to_receive = [&](size_t c, auto what) {
    const Range r = piece(u, rank_, c);
    for (const int from : contributors_)
      if (from != rank_ && !r.empty()) what(operand(from, u) + (r.first - own.first), r.size(), from);
  };
  std::vector<Pending> arriving(pieces);
  const auto post_receives = [&] {
    for (size_t c = 0; c < pieces; ++c)
      for_each_to_receive(c, [&](float* p, size_t n, int from) { arriving[c].receive(device_.host_view(p, n), n, from, comm_); });
  };

  if (std::ranges::count(contributors_, rank_) > 0) {
    bool posted = false;
    for_each_to_send([&](float* p, size_t n, int) { device_.begin_copy_out(p, n); });
    for_each_to_send([&](float* p, size_t n, int to) {
      device_.end_copy_out(p, n);
      if (!std::exchange(posted, true)) post_receives();  // the unit before has left these views
      messages_.send(device_.host_view(p, n), n, to, comm_);
    });
  } else {
    if (operands_are_read_) device_.synchronize();
    post_receives();
  }
  operands_are_read_ = false;
  for (size_t c = 0; c < pieces; ++c) {
    arriving[c].wait();
    for_each_to_receive(c, [&](float* p, size_t n, int) {
      device_.begin_copy_in(p, n);
      device_.end_copy_in(p, n);
      operands_are_read_ = true;
    });
  }
  messages_.wait();
}

// This rank's part of whole (unit), on its way out.
void Zero::begin_pieces_out(float* whole, size_t u) {
  for (size_t c = 0; c < pieces_of(u); ++c)
    if (const Range r = piece(u, rank_, c); !r.empty()) device_.begin_copy_out(whole + (r.first - shards_.units[u].range.first), r.size());
}

void Zero::begin_messages_in_pieces(float* whole, size_t u, Gathered& g) {
  float* const begin = whole - shards_.units[u].range.first;
  const Range unit = shards_.units[u].range;
  for (size_t c = 0; c < pieces_of(u); ++c) {
    const Range own = piece(u, rank_, c);
    if (!own.empty()) device_.end_copy_out(begin + own.first, own.size());
    float* const view = device_.host_view(whole, unit.size()) - unit.first;  // a place that was used before is free by now
    Pending& messages = g.pieces.emplace_back();
    for (int step = 1; step < ranks_; ++step) {
      const int to = (rank_ + step) % ranks_, from = (rank_ - step + ranks_) % ranks_;
      const Range theirs = piece(u, from, c);
      messages.receive(view + theirs.first, theirs.size(), from, comm_);
      messages.send(view + own.first, own.size(), to, comm_);
    }
  }
}

void Zero::end_messages_in_pieces(float* whole, size_t u, Gathered& g) {
  float* const begin = whole - shards_.units[u].range.first;
  for (size_t c = 0; c < g.pieces.size(); ++c) {
    g.pieces[c].wait();
    for (int from = 0; from < ranks_; ++from) {
      const Range theirs = piece(u, from, c);
      if (from == rank_ || theirs.empty()) continue;
      device_.begin_copy_in(begin + theirs.first, theirs.size());
      device_.end_copy_in(begin + theirs.first, theirs.size());
    }
  }
  g.pieces.clear();
}
