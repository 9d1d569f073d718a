// What a warp asks for in one access of chapter 03's steps, and where each word of the answer comes from: for the live figure, by the rules
// of the counter behind `make traffic`.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/cuda_on_cpu/check/request.h"

// Lane l begins at word l % across * apart + l / across * down of an array in shared or global memory, and moves `bytes` from there.
struct WarpAccess {
  const char* name;
  bool shared;
  unsigned bytes, across, apart, down;
};
std::span<const WarpAccess> warp_accesses();
// The one of that name. Throws Error: there is none.
const WarpAccess& warp_access(const std::string& name);

// Of an access that begins `first` words further on.
cuda_on_cpu::Request request_of(const WarpAccess& access, unsigned first = 0);

// A word of the answer. From shared memory: row, the wavefront; column, the bank. From global memory: sectors of 8 words, four in a row.
struct AnsweredWord {
  unsigned row, column, word;
  std::vector<unsigned> lanes;  // that want it; nobody does, where a sector brings more than was asked for
};
std::vector<AnsweredWord> answer_to(const cuda_on_cpu::Request& request, bool shared);
