#include "chapters/13_scaling/network.h"

#include <algorithm>
#include <limits>
#include <utility>

Network::Network(const Cluster& cluster, int ranks, Events& events)
    : cluster_(cluster), topology_(cluster, ranks), events_(events) {
  for (int port = 0; port < topology_.ports(); ++port)
    ports_.push_back({.bytes_per_second = topology_.bytes_per_second(port), .streams = {}, .ends = {}});
}

// ---- Flows come and go ----

void Network::begin(double now, int number, int from, size_t of_sender, int to, double bytes) {
  if (flows_.size() <= size_t(number)) flows_.resize(size_t(number) + 1);
  const Link& link = topology_.link(from, to);
  Flow& flow = flows_[size_t(number)];
  flow = {.stream = stream_of(topology_.route(from, to)), .bytes = bytes + link.gap * link.bytes_per_second};
  if (flow.bytes == 0) {  // nobody notices it
    events_.insert({now, Happens::message_left, number});
  } else if (cluster_.fifo_ports) {
    line_.insert({now, from, of_sender, number});
    change(streams_[size_t(flow.stream)].route, 0);
  } else {
    join(now, number);
  }
}

int Network::stream_of(const Route& route) {
  const int64_t ends = int64_t(route.port[0]) * topology_.ports() + route.port[size_t(route.ports) - 1];
  const auto [stream, is_new] = known_.try_emplace(ends, int(streams_.size()));
  if (is_new) streams_.push_back({.route = route, .flows = {}});
  return stream->second;
}

void Network::join(double now, int number) {
  Flow& flow = flows_[size_t(number)];
  Stream& s = streams_[size_t(flow.stream)];
  s.sent += s.rate * (now - s.since);
  s.since = now;
  flow.last = s.sent + flow.bytes;
  if (s.flows.empty()) enter(flow.stream);
  s.flows.insert({flow.last, number});
  s.next = s.flows.begin()->first;
  change(s.route, 1);
  set_end(now, flow.stream);
}

void Network::end(double now, int number) {
  const Flow& flow = flows_[size_t(number)];
  if (flow.bytes == 0) return;
  Stream& s = streams_[size_t(flow.stream)];
  Port& port = first_port(s);
  port.queued.number = port.first = -1;
  if (!std::exchange(port.again, true)) again_.push_back(s.route.port[0]);
  s.flows.erase({flow.last, number});
  s.sent = flow.last;
  s.since = now;
  change(s.route, -1);
  if (s.flows.empty()) {
    leave(flow.stream);
    s.rate = s.sent = 0;
  } else {
    s.next = s.flows.begin()->first;
    set_end(now, flow.stream);
  }
  // Others that end at this moment do so before rates change.
  looked_at_ += port.ends.size();
  const auto next = std::ranges::find(port.ends, now);
  if (next == port.ends.end()) return;
  const Stream& other = streams_[size_t(port.streams[size_t(next - port.ends.begin())])];
  put_into_queue(port, {now, Happens::message_left, other.flows.begin()->second});
}

void Network::change(const Route& route, int flows) {
  for (int i = 0; i < route.ports; ++i) {
    Port& port = ports_[size_t(route.port[size_t(i)])];
    port.flows += flows;
    if (!std::exchange(port.changed, true)) changed_.push_back(route.port[size_t(i)]);
  }
}

int& Network::place_in(Stream& s, int port) {
  size_t i = 0;
  while (s.route.port[i] != port) ++i;
  return s.place[i];
}

void Network::enter(int stream) {
  Stream& s = streams_[size_t(stream)];
  for (size_t i = 0; i < size_t(s.route.ports); ++i) {
    Port& port = ports_[size_t(s.route.port[i])];
    s.place[i] = int(port.streams.size());
    port.streams.push_back(stream);
  }
  first_port(s).ends.push_back(0);
}

// The last one of each list takes its place.
void Network::leave(int stream) {
  const Stream& s = streams_[size_t(stream)];
  Port& first = first_port(s);
  first.ends[size_t(s.place[0])] = first.ends.back();
  first.ends.pop_back();
  for (size_t i = 0; i < size_t(s.route.ports); ++i) {
    const int number = s.route.port[i];
    std::vector<int>& all = ports_[size_t(number)].streams;
    Stream& last = streams_[size_t(all.back())];
    place_in(last, number) = s.place[i];
    all[size_t(s.place[i])] = all.back();
    all.pop_back();
  }
}

// ---- Rates ----

void Network::set_rate(double now, int stream) {
  Stream& s = streams_[size_t(stream)];
  double rate = ports_[size_t(s.route.port[0])].share;
  for (int i = 1; i < s.route.ports; ++i) rate = std::min(rate, ports_[size_t(s.route.port[size_t(i)])].share);
  if (rate == s.rate) return;
  s.sent += s.rate * (now - s.since);
  s.since = now;
  s.rate = rate;
  set_end(now, stream);
}

// When the first flow of the stream ends, at its rate. Is it the first one of its port?
void Network::set_end(double now, int stream) {
  Stream& s = streams_[size_t(stream)];
  Port& port = first_port(s);
  double& end = port.ends[size_t(s.place[0])];
  const double before = end;
  end = s.rate == 0 ? std::numeric_limits<double>::infinity()
                    : now + std::max(0.0, s.next - s.sent) / s.rate;
  if (port.first == stream ? end > before : port.first < 0)
    port.first = -1;  // perhaps another one is
  else if (port.first != stream && end >= port.ends[size_t(streams_[size_t(port.first)].place[0])])
    return;
  else
    port.first = stream;
  if (!std::exchange(port.again, true)) again_.push_back(s.route.port[0]);
}

void Network::put_into_queue(Port& port, Event event) {
  if (port.queued == event) return;
  if (port.queued.number >= 0) events_.erase(port.queued);
  port.queued = event;
  events_.insert(event);
  ++queued_;
}

void Network::queue_the_first(Port& port) {
  port.again = false;
  if (port.streams.empty()) return;
  if (port.first < 0) {
    looked_at_ += port.ends.size();
    port.first = port.streams[size_t(std::ranges::min_element(port.ends) - port.ends.begin())];
  }
  const Stream& s = streams_[size_t(port.first)];
  put_into_queue(port, {port.ends[size_t(s.place[0])], Happens::message_left, s.flows.begin()->second});
}

bool Network::settle(double now) {
  if (changed_.empty()) return false;
  if (cluster_.fifo_ports) let_the_first_go(now);
  for (const int number : changed_) {
    Port& port = ports_[size_t(number)];
    port.share = port.bytes_per_second / std::max(1, port.flows);
    port.changed = false;
  }
  for (const int number : changed_) {
    const Port& port = ports_[size_t(number)];
    looked_at_ += port.streams.size();
    for (const int stream : port.streams) set_rate(now, stream);
  }
  for (const int number : again_) queue_the_first(ports_[size_t(number)]);
  changed_.clear();
  again_.clear();
  return true;
}

void Network::let_the_first_go(double now) {
  const auto is_free = [&](const Route& route) {
    return std::all_of(route.port.begin(), route.port.begin() + route.ports,
                       [&](int port) { return ports_[size_t(port)].flows == 0; });
  };
  for (auto it = line_.begin(); it != line_.end();) {
    const int number = std::get<3>(*it);
    const bool goes = is_free(streams_[size_t(flows_[size_t(number)].stream)].route);
    it = goes ? line_.erase(it) : std::next(it);
    if (goes) join(now, number);
  }
}
