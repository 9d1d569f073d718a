// What the programs of this chapter let one choose: a cluster and a network.
#pragma once

#include <string>
#include <vector>

#include "chapters/10_hybrid/hybrid_model.h"
#include "chapters/13_scaling/product_time.h"
#include "chapters/13_scaling/step_time.h"
#include "common/dataset.h"
#include "common/error.h"
#include "common/options.h"

inline void add_cluster(Options& options, std::string& cluster) {
  std::string known;
  for (const std::string& name : cluster_names()) known += (known.empty() ? "" : ", ") + name;
  options.add("cluster", &cluster, "a file that describes one, or " + known);
}
inline void add_products(Options& options, std::string& products) {
  options.add("products", &products, "measured products, as `make bench-01` and `make gpu-report` write them; FILE:NAME takes those of one name");
}
// products: may be empty.
inline Cluster load_cluster(const std::string& name, const std::string& products) {
  Cluster c = load_cluster(name);
  if (!products.empty()) c.products = read_products(products);
  return c;
}

struct ScalingOptions {
  std::string cluster = "two_cores";
  int64_t inputs = 784;
  std::vector<int64_t> hidden = {512, 256};
  int64_t batch = 1024;
  std::string optimizer = "sgd";
  std::string placement = "block";
  std::string products;
  bool fifo_ports = false, progress_alone = false;

  void declare(Options& options) {
    add_cluster(options, cluster);
    options.add("inputs", &inputs, "numbers of an input", between(1, 1 << 20));
    options.add("hidden", &hidden, "widths of the hidden layers, or none", between(1, 1 << 20));
    options.add("batch", &batch, "rows of a batch", between(1, 1 << 24));
    options.add("optimizer", &optimizer, "the update rule", {"sgd", "momentum", "adam"});
    options.add("placement", &placement, "where ranks stand: node after node, or dealt out to the nodes in turn", {"block", "round-robin"});
    add_products(options, products);
    options.add("fifo-ports", &fifo_ports, "a port serves one message at a time; otherwise all of them share it");
    options.add("progress-alone", &progress_alone, "a long message begins though its ranks compute");
  }

  Cluster load() const {
    Cluster c = load_cluster(cluster, products);
    c.round_robin = placement == "round-robin";
    c.fifo_ports |= fifo_ports;
    c.progress_alone |= progress_alone;
    return c;
  }

  HybridSettings settings() const {
    HybridSettings s;
    s.sizes = {int(inputs)};
    s.sizes.insert(s.sizes.end(), hidden.begin(), hidden.end());
    s.sizes.push_back(10);
    s.batch = size_t(batch);
    s.optimizer.name = optimizer;
    s.allreduce = "mpi";  // chapter 05's own look at their operands, and memory without contents has none
    return s;
  }

  // "784-512-256-10, 535818 parameters"
  std::string network() const {
    std::string text;
    const std::vector<int> sizes = settings().sizes;
    for (int size : sizes) text += (text.empty() ? "" : "-") + std::to_string(size);
    return text + ", " + std::to_string(make_layout(sizes).count) + " parameters";
  }
};

// "64 ranks on 8 nodes"
inline std::string to_string_of_ranks(int64_t ranks, const Cluster& cluster) {
  const int64_t nodes = (ranks + cluster.ranks_per_node - 1) / cluster.ranks_per_node;
  return std::to_string(ranks) + (ranks == 1 ? " rank on " : " ranks on ") + std::to_string(nodes) +
         (nodes == 1 ? " node" : " nodes");
}
