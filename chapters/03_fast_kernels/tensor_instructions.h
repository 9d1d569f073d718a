// Two instructions of a warp by name: the only place of the course with assembly.
//
// nvcc translates a name into its instruction in PTX, NVIDIA's assembly language. Where no GPU is, the same name is plain C++ that
// moves and multiplies the same numbers, so that a test and the checker see all of it. Which lane holds which number is written in
// NVIDIA's manual "PTX ISA", sections "ldmatrix" and "Matrix fragments for mma.m16n8k16 with floating point type". Below, g = lane / 4
// and t = lane % 4; a register holds two bfloat16, the first of them in its lower half.
#pragma once

#include <cuda_bf16.h>

namespace fast {

// Whether the GPU that we compile for has the second one. (The compiler passes over a file once for each kind of GPU.)
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
constexpr bool has_bf16_multiplication = false;
#else
constexpr bool has_bf16_multiplication = true;
#endif

#ifdef CUDA_ON_CPU
// What the last lane to arrive does for all of them.
struct FourMatrices {
  const __nv_bfloat16 *row, *rows[4];  // that the lane names, and that it reads

  CUDA_ON_CPU_RUNTIME static void of_warp(cuda_on_cpu::WarpLane* const (&lanes)[32]) {
    const auto part = [&](int lane) CUDA_ON_CPU_RUNTIME { return static_cast<FourMatrices*>(lanes[lane]->result); };
    for (int lane = 0; lane < 32; ++lane)
      for (int i = 0; i < 4; ++i) part(lane)->rows[i] = part(8 * i + lane / 4)->row;
  }
};

// The order of the sum inside of the instruction is the hardware's; here: ascending.
struct Multiplication {
  float* sum;
  const unsigned *a, *b;

  CUDA_ON_CPU_RUNTIME static void of_warp(cuda_on_cpu::WarpLane* const (&lanes)[32]) {
    const auto number = [](unsigned two, int which) CUDA_ON_CPU_RUNTIME { return cuda_on_cpu::bfloat16_value(uint16_t(two >> 16 * which)); };
    float a[16][16], b[16][8], sum[16][8];
    for (int lane = 0; lane < 32; ++lane) {
      const auto& part = *static_cast<const Multiplication*>(lanes[lane]->result);
      const int g = lane / 4, t = lane % 4;
      for (int which = 0; which < 2; ++which) {
        for (int i = 0; i < 4; ++i) a[g + i % 2 * 8][2 * t + which + i / 2 * 8] = number(part.a[i], which);
        for (int i = 0; i < 2; ++i) b[2 * t + which + i * 8][g] = number(part.b[i], which);
      }
      for (int i = 0; i < 4; ++i) sum[g + i / 2 * 8][2 * t + i % 2] = part.sum[i];
    }
    for (int row = 0; row < 16; ++row)
      for (int p = 0; p < 16; ++p)
        for (int column = 0; column < 8; ++column) sum[row][column] += a[row][p] * b[p][column];
    for (int lane = 0; lane < 32; ++lane)
      for (int i = 0; i < 4; ++i) static_cast<const Multiplication*>(lanes[lane]->result)->sum[i] = sum[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2];
  }
};

template <class Part>
CUDA_ON_CPU_RUNTIME void together(Part& part, cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  cuda_on_cpu::WarpLane lane{nullptr, &part, 0, 0, Part::of_warp};
  cuda_on_cpu::warp_meet(cuda_on_cpu::WarpOperation::matrix, 0xffffffff, lane, source);
}
#endif

// ldmatrix: four matrices of 8 x 8 numbers from shared memory, a register of each for every lane. Lane 8 i + r says where row r of
// matrix i lies: 16 bytes, at a multiple of 16. part[i] = row g of matrix i, its columns 2 t and 2 t + 1.
__device__ inline void load_four_matrices(unsigned (&part)[4], const __nv_bfloat16* row) {
#ifdef CUDA_ON_CPU
  FourMatrices four{row, {}};
  together(four);
  for (int i = 0; i < 4; ++i) part[i] = reinterpret_cast<const unsigned*>(four.rows[i])[threadIdx.x % 4];
#else
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(part[0]), "=r"(part[1]), "=r"(part[2]), "=r"(part[3])
               : "r"(unsigned(__cvta_generic_to_shared(row)))
               : "memory");
#endif
}

// mma.sync: sum (16, 8) += a (16, 16) · b (16, 8), all in float but for the operands.
//   a[i]: row g + 8 (i % 2), columns 2 t + 8 (i / 2) and the next     b[i]: rows 2 t + 8 i and the next, column g
//   sum[i]: row g + 8 (i / 2), column 2 t + i % 2
__device__ inline void multiply_matrices(float (&sum)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
#ifdef CUDA_ON_CPU
  Multiplication part{sum, a, b};
  together(part);
#elif defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  (void)sum, (void)a, (void)b;
  __trap();  // has_bf16_multiplication keeps kernels from coming here
#endif
}

}  // namespace fast
