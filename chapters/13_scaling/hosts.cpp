// What ranks on a few hosts should need to send each other something: each case of referee/cases.csv, simulated. The same cases are measured
// between virtual hosts by `make 13-hosts-measured`.
//
// Run: make 13-hosts
#include <cstdio>
#include <iostream>

#include "chapters/13_scaling/referee/patterns.h"
#include "chapters/13_scaling/simulation.h"
#include "common/options.h"

int main(int argc, char** argv) try {
  std::string cluster = "chapters/13_scaling/referee/virtual_cluster.txt", cases = "chapters/13_scaling/referee/cases.csv";
  Options options("What ranks on a few hosts should need to send each other something, in ms.");
  options.add("cluster", &cluster, "a file that describes the hosts");
  options.add("cases", &cases, "what is sent");
  if (!options.parse(argc, argv)) return 0;
  Cluster hosts = load_cluster(cluster);
  std::printf("hosts,on_a_host,pattern,megabytes,late_ms,computes_ms,asks_ms,foreseen_ms\n");
  for (const HostCase& c : read_cases(cases)) {
    hosts.ranks_per_node = c.on_a_host;
    double seconds = 0;
    simulate(hosts, c.ranks(), [&] { seconds = seconds_of_round(c, virtual_time, compute); });
    std::printf("%d,%d,%s,%g,%g,%g,%g,%.4g\n", c.hosts, c.on_a_host, c.pattern.c_str(), c.megabytes, c.late, c.computes, c.asks, 1e3 * seconds);
  }
} catch (const Error& error) {
  return fail(error);
}
