// A cluster as a handful of numbers: what its nodes compute, and what a message costs inside a node and between two.
//
// A file of them (clusters/*.txt) has one `name value` a line; # begins a comment. The first line, a comment, is the title.
#pragma once

#include <string>
#include <vector>

// A message of n bytes that finds its way free arrives after
//   alpha + n · beta    with alpha = overhead + gap + latency (+ rendezvous, if it is long), beta = 1 / bytes_per_second.
// Each message costs its sender's processor the overhead, and its ports the gap, whatever its length: a rank that sends many
// messages at once pays the latency once, and the other two each time. Seconds.
// Alexandrov, Ionescu, Schauser, Scheiman: LogGP, SPAA 1995: L, o, g, G; Hockney 1994 for alpha and beta.
struct Link {
  double latency = 0, overhead = 0, gap = 0, rendezvous = 0;
  double bytes_per_second = 1e9;
  double alpha(bool is_long) const { return overhead + gap + latency + (is_long ? rendezvous : 0); }
};

// A product c (m, n) = a (m, k) · b (k, n) that somebody has timed.
struct MeasuredProduct {
  double m, n, k, seconds;
};

struct Cluster {
  std::string title;
  int ranks_per_node = 1;
  int cards_per_node = 1;      // network cards, shared by the ranks of a node
  Link inside, between;        // the ranks of a node; ranks of different nodes
  bool round_robin = false;    // ranks are dealt out to the nodes in turn; otherwise one node is filled after the other
  // What topology.h makes of these. 0 of them: the node is one island; all nodes are one rack.
  int ranks_per_island = 0, nodes_per_rack = 0;
  double island_bytes_per_second = 1e9;  // from an island of a node to its other ones
  bool rails = false;                    // cards with the same number in their nodes have a switch of their own
  double oversubscription = 1;           // of the switches: what their cards can send, divided by what can leave to other switches
  double eager_bytes = 65536;  // a longer message waits in its sender until its receiver is there
  bool progress_alone = false;  // it begins then; otherwise not before both are in an MPI function
  bool one_connection = false;  // all that a rank says to another one comes in that order; otherwise an answer overtakes long messages
  bool fifo_ports = false;      // a port serves one message at a time; otherwise all of them at once
  bool max_min = false;  // then the others get what one of them cannot use, because another of its ports is narrower for it

  double operations_per_second = 1e11;  // of a rank; a multiplication and an addition are two
  double bytes_per_second = 25e9;       // between a rank and its memory
  double launch = 0;                    // seconds before each operation: the launch of a kernel
  double staging_bytes_per_second = 0;  // between this memory and the host's, where messages are and MPI adds; 0: it is the host's
  double host_bytes_per_second = 0;     // with staging: between a rank's core and the host's memory
  double sum_bytes_per_second() const { return staging_bytes_per_second > 0 ? host_bytes_per_second : bytes_per_second; }
  double memory = 0;                    // bytes of a rank; 0: no limit
  // What product_time.h makes of these: products are made of tiles of c, one at a time on each multiprocessor.
  int multiprocessors = 1, tile_rows = 1, tile_columns = 1;
  std::vector<MeasuredProduct> products;  // none: each has operations_per_second
  // What a rank computes takes e^(noise · z) times as long, z a normal random number for each time, and e^(rank_spread · z), z the same always.
  double noise = 0, rank_spread = 0, seed = 1;
};

// `name`: a file, or the name of one in chapters/13_scaling/clusters.  Throws Error naming the line: no such file, an unknown
// name, a missing or impossible number.
Cluster load_cluster(const std::string& name);

// The names in chapters/13_scaling/clusters, sorted.
std::vector<std::string> cluster_names();
