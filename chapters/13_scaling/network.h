// Messages as flows: how fast do the bytes of each go, and when has the last one left?
//
// The n flows of a port share it: each gets B/n of its bandwidth B. A flow goes as fast as the port lets it that gives it least:
//
//   rate = min over the ports of its route of B / n
//
// A flow has this rate from one moment to the next at which some flow of its ports begins or ends. All that begins and ends at
// one moment is counted before rates change, so the order in which it was said does not matter. Two other rules:
//   cluster.max_min      what a flow does not take of its share of a port, because another port gives it less, the others get;
//   cluster.fifo_ports   a port serves one message at a time, at full speed; the next is the one that has waited longest of
//                        those whose ports are all free.
// Each message also keeps its ports for link.gap, as if it were gap · B bytes longer.
//
// Where all n ranks send to all others, each of n² flows begins, ends, and changes its rate 2n times meanwhile: n³ changes. So a
// change must be cheap: it is some arithmetic. Of all flows that begin at a port only the one that ends first is in the queue.
#pragma once

#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>
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
  // Once nothing in the queue happens now: gives every flow its rate.  Returns false if there was nothing to do.
  bool settle(double now);
  bool settled() const { return changed_.empty(); }

  const Topology& topology() const { return topology_; }
  // What all this has cost so far: moments of ends put into the queue, and streams looked at.
  size_t queued() const { return queued_; }
  size_t looked_at() const { return looked_at_; }

 private:
  // The flows of one route always have the same rate, so each has got as many bytes as the others since it began.
  struct alignas(64) Stream {
    double rate = 0, sent = 0, since = 0;  // bytes that each flow has got up to that moment
    double end = 0;                        // of the first flow, at this rate
    Route route;
    std::set<std::pair<double, int>> flows;  // what `sent` is when it ends, message
  };
  static constexpr Event nothing{1e300, Happens::message_left, -1};
  struct Port {
    double bytes_per_second;
    int flows = 0;
    double share = 0;                     // of each of them
    double left = 0;                      // while rates are found: what is left of the bandwidth
    int with_rate = 0, filled = 0;        // by so many flows; and so many have just got their rate
    bool changed = false, again = false;  // it is in the list of this name
    std::vector<int> streams;             // that have flows
    int first = -1;                       // of the streams that begin here, the one whose flow ends first,
    Event queued = nothing;               // and this end
  };
  using Place = std::tuple<double, int, size_t, int, double>;  // in the line: since when, sender, its message, number, bytes

  int stream_of(const Route& route);
  void join(double now, int number, double bytes);
  void change(const Route& route, int flows);  // that begin (or end: -1)
  void let_the_first_go(double now);
  void find_those_that_change();
  void set_rate(double now, int stream, double rate);
  void look_again(int port) { if (!std::exchange(ports_[size_t(port)].again, true)) again_.push_back(port); }
  void queue_the_firsts();

  const Cluster& cluster_;
  const Topology topology_;
  Events& events_;
  std::vector<Port> ports_;
  std::vector<Stream> streams_;
  std::vector<int> streams_of_;             // by number of message; -1: it has no bytes
  std::unordered_map<int64_t, int> known_;  // streams, by first and last port
  std::vector<int> changed_;                // ports that flows have begun or ended at, now
  std::vector<int> without_rate_;           // streams, while rates are found
  std::vector<int> again_;                  // ports at which the end in the queue may be wrong
  std::set<Place> line_;                    // with fifo_ports
  size_t queued_ = 0, looked_at_ = 0;
};
