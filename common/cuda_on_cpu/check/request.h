// What a warp's request costs. From shared memory each of 32 banks gives one word of 4 bytes in a wavefront, to all lanes that want it; 8 bytes
// a lane are answered for 16 lanes at a time, 16 bytes for 8. Global memory comes and goes in sectors of 32 bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

namespace cuda_on_cpu {

struct Request {
  uintptr_t begin[32];
  unsigned bytes[32];  // 0: the lane takes no part
};
struct Traffic {
  uint64_t requests = 0, units = 0, least = 0;  // units: wavefronts or sectors, and how few the same words could need
};

constexpr unsigned banks = 32, sector = 8;  // words

// The words that are wanted by the lanes that are answered together, for one group of such lanes after the other.
inline std::vector<std::set<uintptr_t>> words_together(const Request& request, bool shared) {
  const unsigned widest = *std::max_element(request.bytes, request.bytes + 32), lanes = !shared || widest <= 4 ? 32 : widest <= 8 ? 16 : 8;
  std::vector<std::set<uintptr_t>> groups(32 / lanes);
  for (unsigned lane = 0; lane < 32; ++lane)
    for (unsigned byte = 0; byte < request.bytes[lane]; ++byte) groups[lane / lanes].insert((request.begin[lane] + byte) / 4);
  return groups;
}

inline void add(Traffic& sum, const Request& request, bool shared) {
  ++sum.requests;
  for (const auto& words : words_together(request, shared)) {
    std::set<uintptr_t> sectors;
    unsigned in_bank[banks] = {}, most = 0, words_at_once = shared ? banks : sector;
    for (uintptr_t word : words) most = std::max(most, ++in_bank[word % banks]), sectors.insert(word / sector);
    sum.units += shared ? most : sectors.size();
    sum.least += (words.size() + words_at_once - 1) / words_at_once;
  }
}

}  // namespace cuda_on_cpu
