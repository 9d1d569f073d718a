// The product of bf16 numbers where the processor has an instruction for pairs of them (vdpbf16ps), and what that instruction does in
// ordinary arithmetic. Both have the bits of chapter 01's product of the same numbers, while denormals are flushed (flush_denormals.h).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "chapters/01_serial/product.h"

// Whether this processor has the instruction, and whether products by it are faster than chapter 01's: found when the program runs, the
// second by a product that is timed once. On an Intel Xeon (Emerald Rapids) they are not: it does half as many products a second by this
// instruction as by ordinary ones.
bool has_bf16_instruction();
bool bf16_instruction_pays();

// A matrix of bf16 in memory, as chapter 01's MatrixView: 16 bits each, or floats that are rounded, to nearest even, when they are read.
struct Bf16View {
  const void* data;
  bool in_16_bits;
  size_t row_step, column_step;  // in numbers
  Bf16View transposed() const { return {data, in_16_bits, column_step, row_step}; }
};
// c, row after row: floats, or 16 bits each, into which finished floats are rounded.
struct Bf16Result {
  void* data;
  bool in_16_bits;
};

// c (m, n) = finish(a (m, k) · b (k, n)).  room: memory for both when they are packed.  meanwhile: called after each panel of columns, if
// it holds anything (device.h).
using PairsProduct = void(Bf16Result c, Bf16View a, Bf16View b, int m, int n, int k, Finish finish, std::vector<uint32_t>& room,
                          const std::function<void()>& meanwhile);
PairsProduct matmul_bf16_instruction;  // only where the processor has it
PairsProduct matmul_bf16_emulated;     // everywhere, slowly: to test the packing, and to read what the instruction does
