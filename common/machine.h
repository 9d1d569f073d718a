// The name of the machine, as a reader of a benchmark would say it: "2 cores of an AMD EPYC".
#pragma once

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
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

// The value of a field of /proc/cpuinfo for the first processor; empty where there is no such file or field.
inline std::string cpuinfo(const std::string& field, const std::string& file = "/proc/cpuinfo") {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(field) && line.find_first_not_of(" \t", field.size()) == line.find(':'))
      return line.substr(std::min(line.size(), line.find(':') + 2));
  return "";
}

// AMD's model names do not always tell the generation; family and model numbers do.
inline std::string amd_generation(int family, int model) {
  if (family == 23) return model < 0x30 ? " (Zen 1)" : " (Zen 2)";
  if (family == 25) return (model >= 0x10 && model < 0x20) || model >= 0x60 ? " (Zen 4)" : " (Zen 3)";
  return family == 26 ? " (Zen 5)" : "";
}

inline std::string machine_name(int cores, std::string processor, int family, int model) {
  if (processor.empty()) processor = "an unknown processor";
  if (processor.starts_with("AMD")) processor = "an " + processor + amd_generation(family, model);
  if (processor.starts_with("Intel")) processor = "an " + processor;
  return std::to_string(cores) + (cores == 1 ? " core of " : " cores of ") + processor;
}
inline std::string machine_name() {
  return machine_name(usable_cores(), cpuinfo("model name"), std::atoi(cpuinfo("cpu family").c_str()), std::atoi(cpuinfo("model").c_str()));
}
