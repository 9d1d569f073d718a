// What fits on a multiprocessor at the same time: CUDA's rules of occupancy as one small function.
//
// A multiprocessor takes a block only as a whole: it must have a place for each of its warps, registers for each of its
// threads and its shared memory. A block keeps them until its last thread has ended.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

constexpr int threads_of_warp = 32;

// The room of one multiprocessor. Its 65,536 registers of 32 bits are the same in every capability below.
struct Multiprocessor {
  std::string capability;     // compute capability, as NVIDIA counts its generations: "8.0"
  int warps = 0, blocks = 0;  // at most so many at the same time
  int shared = 0;             // bytes of shared memory
  int reserved = 0;           // of them, for the system, with each block
  int granule = 1;            // a block's bytes are rounded up to a multiple of this
  static constexpr int registers = 65536;
};

// Compute capabilities 7.5 to 12.0. Source: CUDA C++ Programming Guide, "Compute Capabilities", technical specifications.
const std::vector<Multiprocessor>& multiprocessors();

// What one block takes. threads: 1 to 1024; registers of a thread: 1 to 255; shared: bytes, static and dynamic together.
struct BlockSize {
  int threads = 0, registers = 0, shared = 0;
};
int warps_of(const BlockSize& block);
int registers_of(const BlockSize& block);                            // with what is lost by rounding up
int shared_of(const BlockSize& block, const Multiprocessor& where);  // likewise

// How many blocks fit, if only one of the four things were scarce; what fits is the least of them.
struct Residency {
  static constexpr int no_limit = std::numeric_limits<int>::max();
  int by_warps, by_blocks, by_registers, by_shared;

  int blocks() const;                      // 0: the block is too large, and its launch fails
  std::vector<std::string> binds() const;  // which of the four are the least
};
Residency residency(const Multiprocessor& where, const BlockSize& block);

// Blocks are handed out as places become free. If all take the same time, they come in so many rounds ("waves").
int64_t rounds(int64_t blocks, int64_t at_once);
