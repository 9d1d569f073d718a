// Messages as flows: how fast do the bytes of each go, and when has the last one left?
//
// The n flows of a port share it: each gets B/n of its bandwidth B. A flow goes as fast as the port lets it that gives it less:
//
//   rate = min(B_out / n_out, B_in / n_in)
//
// A flow has this rate from one moment to the next at which some flow of its ports begins or ends. All that begins and ends at
// one moment is counted before rates change, so the order in which it was said does not matter.
// With cluster.fifo_ports a port serves one message at a time instead, at full speed; the next is the one that has waited
// longest of those whose ports are both free.
//
// Each message also keeps its ports for link.gap, as if it were gap · B bytes longer.
#pragma once

#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "chapters/13_scaling/events.h"
#include "chapters/13_scaling/topology.h"

class Network {
 public:
  Network(const Cluster& cluster, int ranks, Events& events)
      : cluster_(cluster), topology_(cluster, ranks), ports_(size_t(topology_.ports())), events_(events) {}

  // Message `number`, which is its sender's message `of_sender`, has bytes to send from now on. Its event message_left comes
  // when the last one is gone; then end() has to be called.
  void begin(double now, int number, int from, size_t of_sender, int to, double bytes);
  void end(double now, int number);
  // Once nothing more begins or ends now: gives every flow its rate.  Returns false if there was nothing to do.
  bool settle(double now);
  bool settled() const { return changed_.empty(); }

 private:
  // The flows of one route always have the same rate, so each has got as many bytes as the others since it began.
  struct Stream {
    std::array<int, 2> route;
    double rate = 0, sent = 0, since = 0;    // bytes that each flow has got up to that moment
    std::set<std::pair<double, int>> flows;  // what `sent` is when it ends, message
    double end = 0;                          // of the first one
    bool in_queue = false;                   // the event of that
  };
  struct Port {
    int flows = 0;
    std::vector<int> streams;
  };
  struct Flow {
    int stream = 0;
    double bytes = 0, last = 0;  // last: its place among the flows
  };
  using Place = std::tuple<double, int, size_t, int>;  // in the line: since when, sender, its message, number
  void join(double now, int number);
  void stop(double now, Stream& stream);  // counts what it has sent, and takes its event out of the queue
  void set_rate(double now, Stream& stream);
  void let_the_first_go(double now);

  const Cluster& cluster_;
  const Topology topology_;
  std::vector<Port> ports_;
  Events& events_;
  std::vector<Flow> flows_;  // by number of message
  std::vector<Stream> streams_;
  std::map<std::array<int, 2>, int> stream_of_;  // by route
  std::vector<int> changed_;                     // ports that flows have begun or ended at, now
  std::set<Place> line_;                         // with fifo_ports
};
