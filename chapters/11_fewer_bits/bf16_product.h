// The product of bf16 numbers where the processor has an instruction for pairs of them (vdpbf16ps), and what that instruction does in
// ordinary arithmetic. Both have the bits of chapter 01's product of the same numbers, while denormals are flushed (flush_denormals.h).
#pragma once

#include <cstdint>
#include <vector>

#include "chapters/01_serial/product.h"

// Whether this processor has the instruction: found when the program runs.
bool has_bf16_instruction();

// c (m, n) = finish(a (m, k) · b (k, n)) of floats whose lower 16 bits are zero.
using PairsProduct = void(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish, std::vector<uint32_t>& room);
PairsProduct matmul_bf16_instruction;  // only where the processor has it
PairsProduct matmul_bf16_emulated;     // everywhere, slowly: to test the packing, and to read what the instruction does
