#include "chapters/13_scaling/network.h"

#include <algorithm>

void Network::begin(double now, int number, int from, size_t of_sender, int to, double bytes) {
  if (flows_.size() <= size_t(number)) flows_.resize(size_t(number) + 1);
  const Link& link = cluster_.link(from, to);
  const auto route = topology_.route(from, to);
  const auto [stream, is_new] = stream_of_.try_emplace(route, int(streams_.size()));
  if (is_new) streams_.push_back({.route = route, .flows = {}});
  Flow& flow = flows_[size_t(number)];
  flow = {.stream = stream->second, .bytes = bytes + link.gap * link.bytes_per_second};
  if (flow.bytes == 0) {  // nobody notices it
    events_.insert({now, Happens::message_left, number});
  } else if (cluster_.fifo_ports) {
    line_.insert({now, from, of_sender, number});
    changed_.push_back(route[0]);
  } else {
    join(now, number);
  }
}

void Network::join(double now, int number) {
  Flow& flow = flows_[size_t(number)];
  Stream& s = streams_[size_t(flow.stream)];
  stop(now, s);
  flow.last = s.sent + flow.bytes;
  for (int port : s.route) {
    Port& p = ports_[size_t(port)];
    ++p.flows;
    if (s.flows.empty()) p.streams.push_back(flow.stream);
    changed_.push_back(port);
  }
  s.flows.insert({flow.last, number});
}

void Network::end(double now, int number) {
  const Flow& flow = flows_[size_t(number)];
  if (flow.bytes == 0) return;
  Stream& s = streams_[size_t(flow.stream)];
  s.flows.erase({flow.last, number});
  s.sent = flow.last;
  s.since = now;
  s.in_queue = false;
  for (int port : s.route) {
    Port& p = ports_[size_t(port)];
    --p.flows;
    if (s.flows.empty()) std::erase(p.streams, flow.stream);
    changed_.push_back(port);  // free
  }
  if (s.flows.empty()) s.rate = s.sent = 0;
}

void Network::stop(double now, Stream& s) {
  if (s.in_queue) events_.erase({s.end, Happens::message_left, s.flows.begin()->second});
  s.in_queue = false;
  s.sent += s.rate * (now - s.since);
  s.since = now;
}

void Network::set_rate(double now, Stream& s) {
  const auto part = [&](int port) {
    return topology_.bytes_per_second(port) / double(ports_[size_t(port)].flows);
  };
  const double rate = std::min(part(s.route[0]), part(s.route[1]));
  if (rate == s.rate && s.in_queue) return;
  stop(now, s);
  const auto& [last, number] = *s.flows.begin();
  s.rate = rate;
  s.end = now + std::max(0.0, last - s.sent) / rate;
  events_.insert({s.end, Happens::message_left, number});
  s.in_queue = true;
}

void Network::let_the_first_go(double now) {
  const auto is_free = [&](int port) { return ports_[size_t(port)].flows == 0; };
  for (auto it = line_.begin(); it != line_.end();) {
    const int number = std::get<3>(*it);
    const bool goes = std::ranges::all_of(streams_[size_t(flows_[size_t(number)].stream)].route, is_free);
    it = goes ? line_.erase(it) : std::next(it);
    if (goes) join(now, number);
  }
}

bool Network::settle(double now) {
  if (changed_.empty()) return false;
  if (cluster_.fifo_ports) let_the_first_go(now);
  std::ranges::sort(changed_);
  changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
  for (int port : changed_)
    for (int stream : ports_[size_t(port)].streams) set_rate(now, streams_[size_t(stream)]);
  changed_.clear();
  return true;
}
