#include "chapters/11_fewer_bits/bf16_product.h"

#include <algorithm>
#include <chrono>

#include "chapters/01_serial/matmul.h"
#include "chapters/11_fewer_bits/bf16_pairs.h"

// bf16_instruction.cpp
void multiply_by_instruction(Bf16Result c, const Bf16View& a, const Bf16View& b, int m, int n, int k, const Finish& finish, uint32_t* room,
                             Meanwhile meanwhile);
extern const int instruction_rows, instruction_columns;  // of a tile; 0: this compiler does not know the instruction

namespace {

// What the instruction does, on eight pairs.
struct Emulated {
  static constexpr int floats = 8;
  typedef float Floats __attribute__((vector_size(32), aligned(4), may_alias));
  typedef uint32_t Pairs __attribute__((vector_size(32), aligned(4), may_alias));
  static void dot(Floats& sum, const Pairs& a, const Pairs& b) {
    sum += (Floats)(a & 0xffff0000u) * (Floats)(b & 0xffff0000u);  // fused: see `fused` in the Makefile
    sum += (Floats)(a << 16) * (Floats)(b << 16);
  }
};
constexpr int emulated_rows = 4;

// Memory for the packed numbers, aligned to a cache line.
uint32_t* room_for(std::vector<uint32_t>& room, int m, int k, int rows, int columns) {
  const size_t pairs = size_t(k + 1) / 2, padded = size_t(m + rows - 1) / size_t(rows) * size_t(rows);
  if (room.size() < pairs * (padded + size_t(columns)) + 16) room.resize(pairs * (padded + size_t(columns)) + 16);
  return reinterpret_cast<uint32_t*>((reinterpret_cast<uintptr_t>(room.data()) + 63) & ~uintptr_t{63});
}

Meanwhile to_call(const std::function<void()>& meanwhile) {
  if (!meanwhile) return {};
  return {[](const void* with) { (*static_cast<const std::function<void()>*>(with))(); }, &meanwhile};
}

// The best of a few products of one size, in turn.
bool instruction_is_faster() {
  constexpr int m = 96, n = 256, k = 256;
  const std::vector<float> a(m * k, 1.0f), b(k * n, 1.0f);
  std::vector<float> c(m * n);
  MatmulWorkspace workspace;
  std::vector<uint32_t> room;
  const auto seconds = [](auto product) {
    const auto begin = std::chrono::steady_clock::now();
    product();
    return std::chrono::steady_clock::now() - begin;
  };
  auto floats = std::chrono::steady_clock::duration::max(), pairs = floats;
  for (int turn = 0; turn < 5; ++turn) {
    floats = std::min(floats, seconds([&] { matmul_packed(c.data(), row_major(a.data(), k), row_major(b.data(), n), m, n, k, {}, workspace); }));
    pairs = std::min(pairs, seconds([&] {
      matmul_bf16_instruction({c.data(), false}, {a.data(), false, k, 1}, {b.data(), false, n, 1}, m, n, k, {}, room, {});
    }));
  }
  return pairs < floats;
}

}  // namespace

bool has_bf16_instruction() {
#if defined(__x86_64__) && defined(__FMA__)  // ordinary products are not fused without, and have other bits
  return instruction_rows > 0 && __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

bool bf16_instruction_pays() {
  static const bool pays = has_bf16_instruction() && instruction_is_faster();
  return pays;
}

void matmul_bf16_instruction(Bf16Result c, Bf16View a, Bf16View b, int m, int n, int k, Finish finish, std::vector<uint32_t>& room,
                             const std::function<void()>& meanwhile) {
  multiply_by_instruction(c, a, b, m, n, k, finish, room_for(room, m, k, instruction_rows, instruction_columns), to_call(meanwhile));
}

void matmul_bf16_emulated(Bf16Result c, Bf16View a, Bf16View b, int m, int n, int k, Finish finish, std::vector<uint32_t>& room,
                          const std::function<void()>& meanwhile) {
  multiply_pairs<Emulated, emulated_rows>(c, a, b, m, n, k, finish, room_for(room, m, k, emulated_rows, 2 * Emulated::floats),
                                          to_call(meanwhile));
}
