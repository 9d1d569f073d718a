// A cluster as a platform for SimGrid: a link for each port, and the route between each two ranks. Written to the standard output.
//
// Run: make 13-platform ARGS="--cluster gpu_pods --ranks 64"; make 13-referee does.
#include <cstdio>
#include <iostream>

#include "chapters/13_scaling/topology.h"
#include "common/error.h"
#include "common/options.h"

int main(int argc, char** argv) try {
  std::string name = "ethernet";
  int64_t ranks = 64;
  Options options("A cluster as a platform for SimGrid.");
  options.add("cluster", &name, "a file that describes one, or the name of one");
  options.add("ranks", &ranks, "hosts: one for each rank", between(1, 4096));
  if (!options.parse(argc, argv)) return 0;
  const Cluster cluster = load_cluster(name);
  const Topology topology(cluster, int(ranks));

  std::printf("<?xml version=\"1.0\"?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
              "<platform version=\"4.1\"><zone id=\"cluster\" routing=\"Full\">\n");
  for (int r = 0; r < ranks; ++r) std::printf("<host id=\"h%d\" speed=\"1Gf\"/>\n", r);
  // A message pays the latency once: half of it at its first port, half at its last.
  std::string routes;
  std::vector<double> latency(size_t(topology.ports()), 0.0);
  for (int a = 0; a < ranks; ++a)
    for (int b = 0; b < ranks; ++b) {
      if (a == b) continue;
      const Route route = topology.route(a, b);
      for (int end : {0, route.ports - 1}) latency[size_t(route.port[size_t(end)])] = topology.link(a, b).latency / 2;
      routes += "<route src=\"h" + std::to_string(a) + "\" dst=\"h" + std::to_string(b) + "\" symmetrical=\"NO\">";
      for (int i = 0; i < route.ports; ++i) routes += "<link_ctn id=\"p" + std::to_string(route.port[size_t(i)]) + "\"/>";
      routes += "</route>\n";
    }
  for (int p = 0; p < topology.ports(); ++p)
    std::printf("<link id=\"p%d\" bandwidth=\"%.0fBps\" latency=\"%.4fus\" sharing_policy=\"SHARED\"/>\n", p, topology.bytes_per_second(p),
                1e6 * latency[size_t(p)]);
  std::fputs(routes.c_str(), stdout);
  std::printf("</zone></platform>\n");
} catch (const Error& error) {
  return fail(error);
}
