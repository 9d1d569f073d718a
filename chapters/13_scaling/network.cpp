#include "chapters/13_scaling/network.h"

#include <algorithm>
#include <limits>
#include <utility>

constexpr double never = std::numeric_limits<double>::infinity();

Network::Network(const Cluster& cluster, int ranks, Events& events)
    : cluster_(cluster), topology_(cluster, ranks), events_(events) {
  for (int port = 0; port < topology_.ports(); ++port)
    ports_.push_back({.bytes_per_second = topology_.bytes_per_second(port), .streams = {}});
}

// ---- Flows come and go ----

void Network::begin(double now, int number, int from, size_t of_sender, int to, double bytes) {
  const Link& link = topology_.link(from, to);
  bytes += link.gap * link.bytes_per_second;
  if (streams_of_.size() <= size_t(number)) streams_of_.resize(size_t(number) + 1);
  int& stream = streams_of_[size_t(number)] = bytes == 0 ? -1 : stream_of(topology_.route(from, to));
  if (stream < 0) {  // nobody notices it
    events_.insert({now, Happens::message_left, number});
  } else if (cluster_.fifo_ports) {
    line_.insert({now, from, of_sender, number, bytes});
    change(streams_[size_t(stream)].route, 0);
  } else {
    join(now, number, bytes);
  }
}

int Network::stream_of(const Route& route) {
  const int64_t ends = int64_t(route.port[0]) * topology_.ports() + route.port[size_t(route.ports) - 1];
  const auto [stream, is_new] = known_.try_emplace(ends, int(streams_.size()));
  if (is_new) streams_.push_back({.route = route, .flows = {}});
  return stream->second;
}

void Network::join(double now, int number, double bytes) {
  const int stream = streams_of_[size_t(number)];
  Stream& s = streams_[size_t(stream)];
  s.sent += s.rate * (now - s.since);
  s.since = now;
  if (s.flows.empty())
    for (const int port : s.route) ports_[size_t(port)].streams.push_back(stream);
  s.flows.insert({s.sent + bytes, number});
  change(s.route, 1);
  set_rate(now, stream, s.rate);
}

// Of the flows of a stream, the first one has ended. What else ends now is in the queue at once: nobody sees one end without the others.
void Network::end(double now, int number) {
  const int stream = streams_of_[size_t(number)];
  if (stream < 0) return;
  Stream& s = streams_[size_t(stream)];
  ports_[size_t(s.route.port[0])].queued = nothing;
  look_again(s.route.port[0]);
  s.sent = s.flows.begin()->first;
  s.since = now;
  s.flows.erase(s.flows.begin());
  change(s.route, -1);
  if (s.flows.empty()) {
    for (const int port : s.route) std::erase(ports_[size_t(port)].streams, stream);
    s.rate = s.sent = 0;
  } else {
    set_rate(now, stream, s.rate);
  }
  queue_the_firsts();
}

void Network::change(const Route& route, int flows) {
  for (const int number : route) {
    Port& port = ports_[size_t(number)];
    port.flows += flows;
    if (std::exchange(port.changed, true)) continue;
    changed_.push_back(number);
    port.left = port.bytes_per_second;
    port.with_rate = port.filled = 0;
  }
}

void Network::let_the_first_go(double now) {
  for (auto it = line_.begin(); it != line_.end();) {
    const auto [since, sender, of_sender, number, bytes] = *it;
    const bool goes = std::ranges::all_of(streams_[size_t(streams_of_[size_t(number)])].route,
                                          [&](int port) { return ports_[size_t(port)].flows == 0; });
    it = goes ? line_.erase(it) : std::next(it);
    if (goes) join(now, number, bytes);
  }
}

// ---- Rates ----

bool Network::settle(double now) {
  if (settled()) return false;
  if (cluster_.fifo_ports) let_the_first_go(now);
  find_those_that_change();
  for (double least = 0; !without_rate_.empty();) {
    const double before = std::exchange(least, never);
    for (const int number : changed_) {
      Port& port = ports_[size_t(number)];
      port.left -= before * port.filled;
      port.with_rate += std::exchange(port.filled, 0);
      port.share = port.with_rate == port.flows ? never : port.left / (port.flows - port.with_rate);
      least = std::min(least, port.share);
    }
    // Max-min: flows that have the least are through. What they leave at their other ports is for those that still wait.
    std::erase_if(without_rate_, [&](int stream) {
      const Stream& s = streams_[size_t(stream)];
      double rate = never;
      for (const int port : s.route) rate = std::min(rate, ports_[size_t(port)].share);
      if (cluster_.max_min && rate > least) return false;
      for (const int port : s.route) ports_[size_t(port)].filled += int(s.flows.size());
      if (rate != s.rate) set_rate(now, stream, rate);
      return true;
    });
  }
  for (const int number : changed_) ports_[size_t(number)].changed = false;
  changed_.clear();
  queue_the_firsts();
  return true;
}

// Streams of changed ports. Max-min: also those that share a port with these, and so on. Once: at its first port, if that has changed.
void Network::find_those_that_change() {
  for (size_t i = 0; i < changed_.size(); ++i) {
    looked_at_ += ports_[size_t(changed_[i])].streams.size();
    for (const int stream : ports_[size_t(changed_[i])].streams) {
      const Route& route = streams_[size_t(stream)].route;
      if (cluster_.max_min) change(route, 0);
      if (route.port[0] == changed_[i] || !ports_[size_t(route.port[0])].changed) without_rate_.push_back(stream);
    }
  }
}

// From now on; and when the first flow of the stream ends.
void Network::set_rate(double now, int stream, double rate) {
  Stream& s = streams_[size_t(stream)];
  s.sent += s.rate * (now - s.since);
  s.since = now;
  s.rate = rate;
  s.end = rate == 0 ? never : now + std::max(0.0, s.flows.begin()->first - s.sent) / rate;
  const Port& port = ports_[size_t(s.route.port[0])];
  if (stream == port.first || s.end < port.queued.moment) look_again(s.route.port[0]);
}

// At these ports another flow may end first, or the first one at another moment.
void Network::queue_the_firsts() {
  for (const int number : again_) {
    Port& port = ports_[size_t(number)];
    port.again = false;
    if (port.streams.empty()) continue;
    looked_at_ += port.streams.size();
    port.first = *std::ranges::min_element(port.streams, {}, [&](int stream) { return streams_[size_t(stream)].end; });
    const Stream& s = streams_[size_t(port.first)];
    const Event event{s.end, Happens::message_left, s.flows.begin()->second};
    if (s.end == never || event == port.queued) continue;
    if (port.queued.number >= 0) events_.erase(port.queued);
    port.queued = *events_.insert(event).first;
    ++queued_;
  }
  again_.clear();
}
