#include "chapters/03_fast_kernels/warp_access.h"

#include <algorithm>
#include <set>

#include "common/error.h"

using namespace cuda_on_cpu;

namespace {

// a has rows of 784 numbers, b and c have rows of 512; a's tile in steps 3 and 4 has rows of 17; of a panel all lanes read one row.
constexpr WarpAccess accesses[] = {
    {"step 1 reads a", false, 4, 32, 784, 0},    {"step 2 reads b", false, 4, 32, 1, 0},
    {"step 3 reads a", true, 4, 16, 0, 17},      {"step 3 reads b", true, 4, 16, 1, 0},
    {"step 4 reads a", true, 4, 8, 0, 8 * 17},   {"step 4 reads b", true, 4, 8, 8, 0},
    {"step 7 reads a", true, 16, 8, 0, 8},       {"step 7 reads b", true, 16, 8, 8, 0},
    {"step 8 reads a", true, 16, 4, 0, 4},       {"step 8 reads b", true, 16, 4, 4, 0},
    {"step 11 writes c", false, 4, 4, 4, 512},   {"step 12 writes c", false, 16, 4, 4, 512},
    {"shared, one row", true, 4, 32, 1, 0},      {"global, one row", false, 4, 32, 1, 0}};

}  // namespace

std::span<const WarpAccess> warp_accesses() { return accesses; }

const WarpAccess& warp_access(const std::string& name) {
  for (const WarpAccess& access : accesses)
    if (access.name == name) return access;
  throw Error("there is no access " + name);
}

Request request_of(const WarpAccess& access, unsigned first) {
  Request request{};
  for (unsigned lane = 0; lane < 32; ++lane) {
    request.begin[lane] = 4 * (first + lane % access.across * access.apart + lane / access.across * access.down);
    request.bytes[lane] = access.bytes;
  }
  return request;
}

std::vector<AnsweredWord> answer_to(const Request& request, bool shared) {
  std::vector<AnsweredWord> answer;
  const auto groups = words_together(request, shared);  // of lanes that are answered together
  const unsigned lanes = unsigned(32 / groups.size());
  unsigned row = 0, sectors = 0;
  for (unsigned group = 0; group < groups.size(); ++group) {
    const auto add_word = [&](unsigned at, unsigned column, uintptr_t word) {
      AnsweredWord& added = answer.emplace_back(AnsweredWord{at, column, unsigned(word), {}});
      for (unsigned lane = group * lanes; lane < (group + 1) * lanes; ++lane)
        if (4 * word >= request.begin[lane] && 4 * word < request.begin[lane] + request.bytes[lane]) added.lanes.push_back(lane);
    };
    if (shared) {  // a bank gives one word in each wavefront
      unsigned in_bank[banks] = {};
      for (const uintptr_t word : groups[group]) add_word(row + in_bank[word % banks]++, word % banks, word);
      row += *std::max_element(in_bank, in_bank + banks);
    } else {  // a sector comes as a whole
      std::set<uintptr_t> wanted;
      for (const uintptr_t word : groups[group]) wanted.insert(word / sector);
      for (const uintptr_t one : wanted) {
        for (unsigned i = 0; i < sector; ++i) add_word(sectors / 4, sectors % 4 * sector + i, one * sector + i);
        ++sectors;
      }
    }
  }
  return answer;
}
