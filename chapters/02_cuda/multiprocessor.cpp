#include "chapters/02_cuda/multiprocessor.h"

#include <algorithm>

namespace {

int divide_up(int x, int y) { return (x + y - 1) / y; }
int round_up(int x, int step) { return divide_up(x, step) * step; }

// Registers are given to a whole warp, in steps of 256. They lie in four quarters of the multiprocessor, and a warp's
// registers all lie in the same one: what is left over in one quarter cannot be joined to what is left in another.
constexpr int register_step = 256, quarters = 4;
int registers_of_warp(const BlockSize& block) {
  return round_up(threads_of_warp * block.registers, register_step);
}

constexpr int kib = 1024;

}  // namespace

const std::vector<Multiprocessor>& multiprocessors() {
  static const std::vector<Multiprocessor> all = {
      {"7.5", 32, 16, 64 * kib, 0, 256},     {"8.0", 64, 32, 164 * kib, kib, 128},
      {"8.6", 48, 16, 100 * kib, kib, 128},  {"8.9", 48, 24, 100 * kib, kib, 128},
      {"9.0", 64, 32, 228 * kib, kib, 128},  {"10.0", 64, 32, 228 * kib, kib, 128},
      {"12.0", 48, 24, 100 * kib, kib, 128},
  };
  return all;
}

int warps_of(const BlockSize& block) { return divide_up(block.threads, threads_of_warp); }
int registers_of(const BlockSize& block) { return warps_of(block) * registers_of_warp(block); }
int shared_of(const BlockSize& block, const Multiprocessor& where) {
  return round_up(block.shared + where.reserved, where.granule);
}

Residency residency(const Multiprocessor& where, const BlockSize& block) {
  const int warps_with_registers = quarters * (where.registers / quarters / registers_of_warp(block));
  const int shared = shared_of(block, where);
  return {.by_warps = where.warps / warps_of(block),
          .by_blocks = where.blocks,
          .by_registers = warps_with_registers / warps_of(block),
          .by_shared = shared == 0 ? Residency::no_limit : where.shared / shared};
}

int Residency::blocks() const { return std::min({by_warps, by_blocks, by_registers, by_shared}); }

std::vector<std::string> Residency::binds() const {
  std::vector<std::string> names;
  if (by_warps == blocks()) names.push_back("warps");
  if (by_blocks == blocks()) names.push_back("blocks");
  if (by_registers == blocks()) names.push_back("registers");
  if (by_shared == blocks()) names.push_back("shared memory");
  return names;
}

int64_t rounds(int64_t blocks, int64_t at_once) { return (blocks + at_once - 1) / at_once; }
