// Chapter 02: what a multiprocessor holds, against values worked out by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "chapters/02_cuda/ask_cuda.h"
#include "chapters/02_cuda/multiprocessor.h"

namespace {

const Multiprocessor& with(const std::string& capability) {
  for (const Multiprocessor& m : multiprocessors())
    if (m.capability == capability) return m;
  throw std::logic_error(capability);
}

using Names = std::vector<std::string>;

struct Case {
  const char* capability;
  BlockSize block;  // threads, registers, shared
  int blocks;
  Names binds;
  const char* why;
};

TEST(Occupancy, ByHand) {
  const Case cases[] = {
      {"8.0", {256, 128, 0}, 2, {"registers"}, "8 warps of 32 * 128 = 4096; 65536 / 4096 = 16 warps"},
      {"8.0", {256, 32, 0}, 8, {"warps", "registers"}, "64 / 8; 65536 / 1024 = 64 warps"},
      {"8.0", {256, 33, 0}, 6, {"registers"}, "1056 is rounded up to 1280: 12 warps a quarter, 48 / 8"},
      {"8.0",
       {96, 40, 0},
       16,
       {"registers"},
       "1280 a warp: 12 a quarter, 48 / 3; undivided it would be 51 / 3"},
      {"8.0", {96, 16, 0}, 21, {"warps"}, "64 / 3"},
      {"8.0", {1, 16, 0}, 32, {"blocks"}, "a block of one thread takes a whole warp"},
      {"8.0", {256, 32, 16384}, 8, {"warps", "registers"}, "167936 / 17408 = 9"},
      {"8.0", {256, 32, 32768}, 4, {"shared memory"}, "167936 / 33792 = 4.97; without the system's KiB 5"},
      {"9.0", {256, 32, 32768}, 6, {"shared memory"}, "233472 / 33792 = 6.9"},
      {"10.0", {128, 168, 0}, 3, {"registers"}, "5376 a warp: 3 a quarter, 12 / 4"},
      {"7.5", {256, 32, 32768}, 2, {"shared memory"}, "nothing for the system: 65536 / 32768"},
      {"7.5", {32, 16, 4097}, 15, {"shared memory"}, "4097 is rounded up to 4352: 65536 / 4352 = 15.06"},
      {"7.5", {64, 16, 0}, 16, {"warps", "blocks"}, "32 / 2"},
      {"8.6", {64, 16, 0}, 16, {"blocks"}, "32 of 48 warps"},
      {"8.9", {64, 16, 0}, 24, {"warps", "blocks"}, "48 / 2"},
      {"12.0", {1024, 32, 0}, 1, {"warps"}, "48 / 32: a third of the places stays empty"},
      {"8.6", {128, 16, 99 * 1024}, 1, {"shared memory"}, "99 KiB and one for the system: all of it"},
      {"8.6", {128, 16, 99 * 1024 + 1}, 0, {"shared memory"}, "one byte too many"},
      {"9.0", {1024, 64, 0}, 1, {"registers"}, "1024 * 64 = 65536"},
      {"9.0", {1024, 65, 0}, 0, {"registers"}, "too many for a launch"},
  };
  for (const Case& c : cases) {
    const Residency fit = residency(with(c.capability), c.block);
    EXPECT_EQ(fit.blocks(), c.blocks) << c.capability << ": " << c.why;
    EXPECT_EQ(fit.binds(), c.binds) << c.capability << ": " << c.why;
  }
}

TEST(Occupancy, WhatIsHeldFitsAndLessNeverHoldsFewer) {
  for (const Multiprocessor& m : multiprocessors())
    for (int threads = 1; threads <= 1024; threads += 31)
      for (int registers = 1; registers <= 255; ++registers)
        for (int shared : {0, 1, 1000, 16384, 50000}) {
          const BlockSize block{threads, registers, shared};
          const int blocks = residency(m, block).blocks();
          ASSERT_LE(blocks, m.blocks);
          ASSERT_LE(blocks * warps_of(block), m.warps);
          ASSERT_LE(blocks * registers_of(block), m.registers);
          ASSERT_LE(blocks * shared_of(block, m), m.shared);
          const BlockSize less{threads, std::max(registers - 1, 1), shared};
          ASSERT_LE(blocks, residency(m, less).blocks());
        }
}

// The specifications in the guide's own units: threads, blocks, KB of shared memory of a multiprocessor.
TEST(Occupancy, TheTableIsTheGuides) {
  const struct {
    const char* capability;
    int threads, blocks, kilobytes;
  } guide[] = {{"7.5", 1024, 16, 64}, {"8.0", 2048, 32, 164}, {"8.6", 1536, 16, 100}, {"8.9", 1536, 24, 100},
               {"9.0", 2048, 32, 228}, {"10.0", 2048, 32, 228}, {"12.0", 1536, 24, 100}};
  ASSERT_EQ(multiprocessors().size(), std::size(guide));
  for (size_t i = 0; i < std::size(guide); ++i) {
    const Multiprocessor& m = multiprocessors()[i];
    EXPECT_EQ(m.capability, guide[i].capability);
    EXPECT_EQ(m.warps, guide[i].threads / 32) << m.capability;
    EXPECT_EQ(m.blocks, guide[i].blocks) << m.capability;
    EXPECT_EQ(m.shared, guide[i].kilobytes * 1024) << m.capability;
    // Since 8.0 the system keeps a KB of each block for itself, and 128 bytes is the step; before it was 256.
    EXPECT_EQ(m.reserved, m.capability == "7.5" ? 0 : 1024) << m.capability;
    EXPECT_EQ(m.granule, m.capability == "7.5" ? 256 : 128) << m.capability;
  }
}

TEST(Occupancy, Rounds) {
  EXPECT_EQ(rounds(1, 432), 1);
  EXPECT_EQ(rounds(432, 432), 1);
  EXPECT_EQ(rounds(433, 432), 2);
  EXPECT_EQ(rounds(1024, 432), 3);
}

// The kernels of the chapter: the rule says what CUDA says.
TEST(Occupancy, CudaSaysTheSame) {
  const std::optional<Gpu> gpu = ask_cuda();
  if (!gpu) GTEST_SKIP() << "skipped: no GPU whose CUDA could be asked";
  for (const KernelOnGpu& kernel : gpu->kernels)
    EXPECT_EQ(residency(gpu->multiprocessor, kernel.block).blocks(), kernel.blocks) << kernel.name;
  for (const Multiprocessor& m : multiprocessors()) {
    if (m.capability != gpu->multiprocessor.capability) continue;
    EXPECT_EQ(m.warps, gpu->multiprocessor.warps);
    EXPECT_EQ(m.blocks, gpu->multiprocessor.blocks);
    EXPECT_EQ(m.shared, gpu->multiprocessor.shared);
    EXPECT_EQ(m.reserved, gpu->multiprocessor.reserved);
  }
}

}  // namespace
