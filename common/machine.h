// The name of the machine, as a reader of a benchmark would say it: "2 cores of an AMD EPYC".
#pragma once

#include <sched.h>
#include <unistd.h>

#include <fstream>
#include <string>

// Processors that this process may run on.
inline int usable_cores() {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  return int(sysconf(_SC_NPROCESSORS_ONLN));
}

inline std::string machine_name() {
  std::string model = "unknown processor";
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("model name")) {
      model = line.substr(line.find(':') + 2);
      break;
    }
  const int cores = usable_cores();
  return std::to_string(cores) + (cores == 1 ? " core of " : " cores of ") + model;
}
