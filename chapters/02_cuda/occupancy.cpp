// How many blocks of a kernel a multiprocessor holds at the same time, what limits them, and in how many rounds a grid
// runs. The rules are arithmetic (multiprocessor.h) and need no GPU; where there is one, CUDA is asked, too.
//
// Registers and shared memory of a kernel are printed by nvcc -Xptxas -v.  The default is matmul_kernel of this chapter
// on an A100, as layer 1 launches it for a batch of 128: 512 columns and 128 rows in blocks of 32 by 8.
// Run: make 02-occupancy ARGS="--threads 256 --registers 64 --shared 16384"
#include <cstdio>

#include "chapters/02_cuda/ask_cuda.h"
#include "common/error.h"
#include "common/options.h"

namespace {

const Multiprocessor& with_capability(const std::string& name) {
  for (const Multiprocessor& m : multiprocessors())
    if (m.capability == name) return m;
  throw Error("compute capability " + name + " is not in the table");
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " and ") + name;
  return text;
}

void print_row(const char* what, int room, int taken, int blocks) {
  std::printf("  %-16s %9d %15d %12s\n", what, room, taken,
              blocks == Residency::no_limit ? "any number" : std::to_string(blocks).c_str());
}

void print_gpu(const Gpu& gpu) {
  std::printf("\nThe chapter's kernels on %s (compute capability %s), by this rule and by CUDA itself:\n",
              gpu.name.c_str(), gpu.multiprocessor.capability.c_str());
  std::printf("  %-12s %7s %9s %6s %7s %5s\n", "kernel", "threads", "registers", "shared", "by rule", "CUDA");
  for (const KernelOnGpu& k : gpu.kernels) {
    const int blocks = residency(gpu.multiprocessor, k.block).blocks();
    std::printf("  %-12s %7d %9d %6d %7d %5d%s\n", k.name.c_str(), k.block.threads, k.block.registers,
                k.block.shared, blocks, k.blocks, blocks == k.blocks ? "" : "   they differ");
  }
}

}  // namespace

int main(int argc, char** argv) try {
  std::string capability = "8.0";
  int64_t threads = 256, registers = 32, shared = 0, count = 108, grid = 256;
  std::vector<std::string> capabilities;
  for (const Multiprocessor& m : multiprocessors()) capabilities.push_back(m.capability);
  Options options("How many blocks a multiprocessor holds, what limits them, and the rounds of a grid.");
  options.add("capability", &capability, "compute capability of the GPU", capabilities);
  options.add("multiprocessors", &count, "of the GPU", between(1, 10000));
  options.add("threads", &threads, "threads of a block", between(1, 1024));
  options.add("registers", &registers, "registers of a thread", between(1, 255));
  options.add("shared", &shared, "bytes of shared memory of a block", between(0, 1 << 20));
  options.add("blocks", &grid, "blocks of the grid", between(1, 1e12));
  if (!options.parse(argc, argv)) return 0;

  const Multiprocessor& m = with_capability(capability);
  const BlockSize block{int(threads), int(registers), int(shared)};
  const Residency fit = residency(m, block);
  std::printf("compute capability %s      has room for   a block takes   blocks fit\n", m.capability.c_str());
  print_row("warps", m.warps, warps_of(block), fit.by_warps);
  print_row("blocks", m.blocks, 1, fit.by_blocks);
  print_row("registers", m.registers, registers_of(block), fit.by_registers);
  print_row("shared memory", m.shared, shared_of(block, m), fit.by_shared);
  if (fit.blocks() == 0) throw Error("no block fits (" + joined(fit.binds()) + "): CUDA refuses the launch");

  const int warps = fit.blocks() * warps_of(block);
  std::printf("a multiprocessor holds %d blocks, %d of %d warps: occupancy %.0f %%, limited by %s\n",
              fit.blocks(), warps, m.warps, 100.0 * warps / m.warps, joined(fit.binds()).c_str());
  const int64_t at_once = count * fit.blocks(), turns = rounds(grid, at_once);
  std::printf("%lld blocks on %lld multiprocessors, which hold %lld at once: ", (long long)grid,
              (long long)count, (long long)at_once);
  if (turns == 1)
    std::printf("1 round\n");
  else
    std::printf("%lld rounds, %lld blocks in the last\n", (long long)turns,
                (long long)(grid - (turns - 1) * at_once));

  if (const std::optional<Gpu> gpu = ask_cuda())
    print_gpu(*gpu);
  else
    std::printf("no GPU here: CUDA itself was not asked\n");
  return 0;
} catch (const Error& error) {
  return fail(error);
}
