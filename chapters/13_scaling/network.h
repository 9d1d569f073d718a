// Messages as flows: how fast do the bytes of each go, and when has the last one left?
//
// The n flows of a port share it: each gets B/n of its bandwidth B. A flow goes as fast as the port lets it that gives it least:
//
//   rate = min over the ports of its route of B / n
//
// A flow has this rate from one moment to the next at which some flow of its ports begins or ends. All that begins and ends at
// one moment is counted before rates change, so the order in which it was said does not matter.
// With cluster.fifo_ports a port serves one message at a time instead, at full speed; the next is the one that has waited
// longest of those whose ports are all free.
//
// Each message also keeps its ports for link.gap, as if it were gap · B bytes longer.
//
// Where all n ranks send to all others, each of n² flows begins, ends, and changes its rate 2n times meanwhile: n³ changes. So a change
// must be cheap: it is some arithmetic. Of all flows that begin at a port only the one that ends first is in the queue.
#pragma once

#include <set>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "chapters/13_scaling/events.h"
#include "chapters/13_scaling/topology.h"

class Network {
 public:
  Network(const Cluster& cluster, int ranks, Events& events);

  // Message `number`, which is its sender's message `of_sender`, has bytes to send from now on. Its event message_left comes
  // when the last one is gone; then end() has to be called.
  void begin(double now, int number, int from, size_t of_sender, int to, double bytes);
  void end(double now, int number);
  // Once nothing more begins or ends now: gives every flow its rate.  Returns false if there was nothing to do.
  bool settle(double now);
  bool settled() const { return changed_.empty(); }

  const Topology& topology() const { return topology_; }
  // What all this has cost so far: moments of ends put into the queue, and streams looked at.
  size_t queued() const { return queued_; }
  size_t looked_at() const { return looked_at_; }

 private:
  // The flows of one route always have the same rate, so each has got as many bytes as the others since it began.
  // What a change of rates reads comes first: it is in one line of the cache.
  struct alignas(64) Stream {
    double rate = 0, sent = 0, since = 0;    // bytes that each flow has got up to that moment
    double next = 0;                         // what `sent` is when the first of them ends
    Route route;
    std::array<int, most_ports> place{};     // among the streams of each port of the route
    std::set<std::pair<double, int>> flows;  // what `sent` is when it ends, message
  };
  struct Port {
    double bytes_per_second;
    int flows = 0;
    double share = 0;  // of each of them
    bool changed = false;
    std::vector<int> streams;
    // Of a port at which routes begin:
    std::vector<double> ends;  // when the first flow of each stream ends
    int first = -1;            // the stream whose flow ends first; -1: look for it
    bool again = false;        // what is in the queue may be wrong
    Event queued{-1, Happens::message_left, -1};  // number -1: none
  };
  struct Flow {
    int stream = 0;
    double bytes = 0, last = 0;  // last: its place among the flows
  };
  using Place = std::tuple<double, int, size_t, int>;  // in the line: since when, sender, its message, number
  Port& first_port(const Stream& s) { return ports_[size_t(s.route.port[0])]; }
  static int& place_in(Stream& s, int port);
  int stream_of(const Route& route);
  void join(double now, int number);
  void change(const Route& route, int flows);  // that begin (or end: -1)
  void enter(int stream);                      // the lists of its ports
  void leave(int stream);
  void set_rate(double now, int stream);
  void set_end(double now, int stream);
  void put_into_queue(Port& port, Event event);
  void queue_the_first(Port& port);
  void let_the_first_go(double now);

  const Cluster& cluster_;
  const Topology topology_;
  Events& events_;
  std::vector<Port> ports_;
  std::vector<Flow> flows_;  // by number of message
  std::vector<Stream> streams_;
  std::unordered_map<int64_t, int> known_;  // streams, by first and last port
  std::vector<int> changed_;                // ports that flows have begun or ended at, now
  std::vector<int> again_;                  // ports whose first flow is another one, or ends at another moment
  std::set<Place> line_;                    // with fifo_ports
  size_t queued_ = 0, looked_at_ = 0;
};
