// The list of the products, for tests and benchmarks.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/03_fast_kernels/bf16.h"
#include "chapters/03_fast_kernels/matmul_steps.h"

namespace fast {

const std::vector<Step>& matmul_steps() {
  static const std::vector<Step> steps = {
      {"1 naive", matmul_naive, 32, 0, false},
      {"2 coalesced", matmul_coalesced, 32, 0, false},
      {"3 shared tile", matmul_shared_tile, 16, 0, false},
      {"4 register tile", matmul_register_tile, 64, 0, false},
      {"5 panels", matmul_panels, 64, 0, false},
      {"6 wide loads", matmul_wide_loads, 64, 0, false},
      {"7 double buffer", matmul_double_buffer, 64, 0, false},
      {"8 warp tile", matmul_warp_tile, 64, 0, false},
      {"9 large block", matmul_large_block, 128, 0, false},
      {"10 unrolled", matmul_unrolled, 128, 0, false},
      {"11 inner panels", matmul_inner_panels, 128, 0, false},
      {"12 wide stores", matmul_wide_stores, 128, 0, false},
      {"13 block order", matmul_block_order, 128, 0, false},
      {"14 in 64 x 64", matmul_medium_block, 64, 0, false},
      {"14 in 32 x 32", matmul_small_block, 32, 0, false},
      {"14 three shapes", matmul_three_shapes, 64, 0, false},
      {"15 tensor cores, tf32", matmul_tensor_tf32, 64, 0x1p-11, true},
      {"15 tensor cores, bfloat16", matmul_tensor_bfloat16, 64, 0x1p-9, true},
      {"15 tensor cores, half", matmul_tensor_half, 64, 0x1p-11, false},
      {"16 tensor cores, stages", matmul_tensor_stages, 128, 0x1p-9, true},
  };
  return steps;
}

bool can_run(const Step& step) {
  if (!step.needs_ampere) return true;
  int device = 0, major = 0;
  CUDA_CHECK(cudaGetDevice(&device));
  CUDA_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device));
  return major >= 8;
}

}  // namespace fast
