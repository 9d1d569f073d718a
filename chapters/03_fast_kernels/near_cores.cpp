#include "chapters/03_fast_kernels/near_cores.h"

#include <dlfcn.h>
#include <sched.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iterator>

std::string pci_devices() {
  const char* folder = std::getenv("PCI_DEVICES");
  return folder ? folder : "/sys/bus/pci/devices";
}

std::vector<std::string> visible_gpus_by_address() {
  // cuInit(flags), cuDeviceGetCount(&count) and cuDeviceGetPCIBusId(text, its room, number) of the driver; all return 0 on success.
  void* driver = dlopen("libcuda.so.1", RTLD_LAZY);
  if (!driver) return {};
  const auto init = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
  const auto get_count = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDeviceGetCount"));
  const auto get_address = reinterpret_cast<int (*)(char*, int, int)>(dlsym(driver, "cuDeviceGetPCIBusId"));
  int count = 0;
  if (!init || !get_count || init(0) != 0 || get_count(&count) != 0) return {};
  std::vector<std::string> addresses(static_cast<size_t>(count));
  for (int gpu = 0; gpu < count; ++gpu) {
    char text[32] = "";
    if (!get_address || get_address(text, sizeof text, gpu) != 0) continue;
    addresses[size_t(gpu)] = text;
    // The driver writes hexadecimal digits in capitals, the system does not.
    std::ranges::transform(addresses[size_t(gpu)], addresses[size_t(gpu)].begin(), [](unsigned char c) { return char(std::tolower(c)); });
  }
  return addresses;
}

std::vector<int> cores_of(const std::string& list) {
  std::vector<int> cores;
  for (const char* at = list.c_str(); *at && *at != '\n';) {
    char* end;
    const auto number = [&] {
      if (!std::isdigit(static_cast<unsigned char>(*at))) return -1L;
      const long value = std::strtol(at, &end, 10);
      at = end;
      return value < CPU_SETSIZE ? value : -1L;
    };
    const long first = number();
    const long last = first >= 0 && *at == '-' ? (++at, number()) : first;
    if (first < 0 || last < first || (*at != ',' && *at != '\n' && *at)) return {};
    for (long core = first; core <= last; ++core) cores.push_back(int(core));
    if (*at == ',') ++at;
  }
  return cores;
}

std::string list_of(const std::vector<int>& cores) {
  std::string text;
  for (size_t i = 0; i < cores.size(); ++i) {
    const size_t first = i;
    while (i + 1 < cores.size() && cores[i + 1] == cores[i] + 1) ++i;
    text.append(text.empty() ? "" : ",").append(std::to_string(cores[first]));
    if (i > first) text.append("-").append(std::to_string(cores[i]));
  }
  return text;
}

std::vector<int> cores_near(const std::string& address, const std::string& folder) {
  std::string list;
  if (!address.empty()) std::getline(std::ifstream(folder + "/" + address + "/local_cpulist"), list);
  return cores_of(list);
}

std::vector<int> allowed_cores() {
  std::vector<int> cores;
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return cores;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  return cores;
}

static std::vector<int> in_both(const std::vector<int>& a, const std::vector<int>& b) {
  std::vector<int> both;
  std::ranges::set_intersection(a, b, std::back_inserter(both));
  return both;
}

std::vector<int> cores_for(int node_rank, const std::vector<int>& allowed, const std::vector<std::vector<int>>& near) {
  if (near.empty()) return allowed;
  const size_t round = size_t(node_rank) / near.size();  // of dealing out GPUs
  const std::vector<int> mine = in_both(allowed, near[size_t(node_rank) % near.size()]);
  size_t sharing = 0;  // GPUs with the same cores
  for (const std::vector<int>& other : near) sharing += !in_both(mine, other).empty();
  return mine.empty() || (round + 1) * sharing > mine.size() ? allowed : mine;
}

void stay_near_gpu(int node_rank, int gpus) {
  std::vector<std::vector<int>> near;
  for (const std::string& address : visible_gpus_by_address()) near.push_back(cores_near(address));
  if (near.size() != size_t(gpus)) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : cores_for(node_rank, allowed_cores(), near)) CPU_SET(core, &set);
  if (CPU_COUNT(&set) > 0) sched_setaffinity(0, sizeof set, &set);
}
