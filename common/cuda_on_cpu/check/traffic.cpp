// What the memory of a GPU would have to do for the accesses of a kernel, by kernel and line, if the environment has
// CUDA_ON_CPU_TRAFFIC=FILE. Plain reads and writes and asynchronous copies are counted; what wmma reads and atomics are not.
// A warp makes one request for its lanes' accesses by one instruction. Here lanes run one after another; a lane's n-th access
// by an instruction since the last barrier belongs to the n-th of the others.
#include <cstdio>
#include <cstdlib>
#include <map>

#include "common/cuda_on_cpu/check/request.h"
#include "common/cuda_on_cpu/check/shadow.h"

namespace cuda_on_cpu {

namespace {

struct Instruction {
  uint32_t where;
  unsigned warp;
  bool write, shared;
  auto operator<=>(const Instruction&) const = default;
};
struct Requests {
  size_t turns[32] = {};  // how often each lane came
  std::vector<Request> all;
};
std::map<Instruction, Requests> since_barrier;
std::map<std::string, Traffic> table;  // by kernel, line, access and unit

const char* file_name() {
  static const char* const name = std::getenv("CUDA_ON_CPU_TRAFFIC");
  return name && *name ? name : nullptr;
}

void write_table() {
  FILE* file = std::fopen(file_name(), "w");
  if (!file) return std::perror(file_name());
  std::fprintf(file, "kernel,line,access,unit,requests,units,least\n");
  for (const auto& [name, sum] : table) std::fprintf(file, "%s,%lu,%lu,%lu\n", name.c_str(), sum.requests, sum.units, sum.least);
  std::fclose(file);
}

}  // namespace

void count_traffic(Access access, const char* address, size_t bytes, uint32_t where) {
  if (!file_name() || access == Access::atomic) return;
  const Target::Kind kind = find_target(address, bytes).kind;
  const unsigned thread = running.thread.number, lane = thread % 32;
  if (kind != Target::shared && kind != Target::device && kind != Target::device_variable) return;
  Requests& requests = since_barrier[{where, thread / 32, access == Access::write, kind == Target::shared}];
  const size_t turn = requests.turns[lane]++;
  if (turn == requests.all.size()) requests.all.emplace_back();
  requests.all[turn].begin[lane] = reinterpret_cast<uintptr_t>(address);
  requests.all[turn].bytes[lane] = static_cast<unsigned>(bytes);
}

// At a barrier, and where a block or a kernel begins or ends.
void settle_traffic() {
  if (since_barrier.empty()) return;
  [[maybe_unused]] static const int once = std::atexit(write_table);
  for (const auto& [by, requests] : since_barrier) {
    Traffic& sum = table[format("\"%s\",%s,%s %s", current_kernel()->name, text(line_of(by.where)).c_str(), by.write ? "write" : "read",
                                by.shared ? "shared,wavefronts" : "global,sectors")];
    for (const Request& request : requests.all) add(sum, request, by.shared);
  }
  since_barrier.clear();
}

}  // namespace cuda_on_cpu
