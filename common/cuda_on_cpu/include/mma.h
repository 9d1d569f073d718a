// nvcuda::wmma: products of small matrices by a warp. half and bfloat16 in 16x16x16 (and 32x8x16, 8x32x16), tf32 in
// 16x16x8, always with float accumulators; products and sums are float, summed over k in ascending order.
// A GPU says nothing about which lane holds which element, nor about the order of its sums, so do not rely on either.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <type_traits>

#include "cuda_on_cpu/runtime_api.h"
#include "cuda_on_cpu/threads.h"

namespace cuda_on_cpu {
[[noreturn]] void stop_kernel(cudaError_t error, const char* what, SourceLine source);
}

namespace nvcuda::wmma {

struct matrix_a {};
struct matrix_b {};
struct accumulator {};
struct row_major {};
struct col_major {};
enum layout_t { mem_row_major, mem_col_major };
namespace precision {
struct tf32 {};
}  // namespace precision

template <class T, int m, int n, int k>
inline constexpr bool offered =
    std::is_same_v<T, precision::tf32>
        ? m == 16 && n == 16 && k == 8
        : k == 16 && m * n == 256 && (m == 8 || m == 16 || m == 32) &&
              (std::is_same_v<T, __half> || std::is_same_v<T, __nv_bfloat16>);

template <class T> struct Storage { using type = T; };
template <> struct Storage<precision::tf32> { using type = float; };

// Element i of lane l is element l * num_elements + i of the matrix, row by row.
template <class Use, int m, int n, int k, class T, class Layout = void> struct fragment {
  static constexpr bool is_accumulator = std::is_same_v<Use, accumulator>;
  static_assert(!is_accumulator || std::is_same_v<T, float>, "cuda_on_cpu offers float accumulators only");
  static_assert(is_accumulator || offered<T, m, n, k>,
                "cuda_on_cpu offers half and bfloat16 16x16x16, 32x8x16, 8x32x16 and tf32 16x16x8");
  static constexpr int rows = std::is_same_v<Use, matrix_b> ? k : m;
  static constexpr int columns = std::is_same_v<Use, matrix_a> ? k : n;
  static constexpr int num_elements = rows * columns / 32;
  using element_type = T;
  using storage_element_type = typename Storage<T>::type;
  storage_element_type x[num_elements];
};

// cvt.rna.tf32.f32: 10 bits of mantissa, to nearest, ties away from zero.
inline float __float_to_tf32(float value) {
  uint32_t bits = cuda_on_cpu::bits_as<uint32_t>(value);
  if ((bits & 0x7f800000u) == 0x7f800000u) return value;  // infinity and NaN
  return cuda_on_cpu::bits_as<float>((bits + 0x1000u) & ~0x1fffu);
}

// What the multiplier sees. tf32 drops the low 13 bits, so a forgotten __float_to_tf32 truncates, as on a GPU.
inline float multiplier_input(float value) {
  return cuda_on_cpu::bits_as<float>(cuda_on_cpu::bits_as<uint32_t>(value) & ~0x1fffu);
}
inline float multiplier_input(__half value) { return value; }
inline float multiplier_input(__nv_bfloat16 value) { return value; }

template <class Use, int m, int n, int k, class T, class Layout>
void fill_fragment(fragment<Use, m, n, k, T, Layout>& f,
                   const typename fragment<Use, m, n, k, T, Layout>::storage_element_type& value) {
  for (auto& element : f.x) element = value;
}

// Calls visit(element of this lane, its place in memory) for a matrix with `stride` elements between rows or columns.
template <class Fragment, class T, class Visit>
CUDA_ON_CPU_RUNTIME void each_element(Fragment& f, T* memory, unsigned stride, bool by_rows,
                                      cuda_on_cpu::SourceLine source, Visit visit) {
  if (reinterpret_cast<size_t>(memory) % 32 != 0)
    cuda_on_cpu::stop_kernel(cudaErrorMisalignedAddress, "a wmma matrix must begin at a multiple of 32 bytes", source);
  if (stride * sizeof(T) % 16 != 0)
    cuda_on_cpu::stop_kernel(cudaErrorMisalignedAddress, "the stride of a wmma matrix must be a multiple of 16 bytes",
                             source);
  for (int i = 0; i < Fragment::num_elements; ++i) {
    int element = cuda_on_cpu::lane_number() * Fragment::num_elements + i;
    int row = element / Fragment::columns, column = element % Fragment::columns;
    visit(f.x[i], memory + (by_rows ? size_t(row) * stride + column : size_t(column) * stride + row));
  }
}

template <class Fragment, class T>
CUDA_ON_CPU_RUNTIME void load(Fragment& f, const T* memory, unsigned stride, bool by_rows,
                              cuda_on_cpu::SourceLine source, const void* where) {
  each_element(f, memory, stride, by_rows, source, [where](auto& element, const T* place) CUDA_ON_CPU_RUNTIME {
    CUDA_ON_CPU_NOTE_AT(read, place, sizeof(T), where);
    element = *place;
  });
}

template <class Use, int m, int n, int k, class T, class Layout, class Stored>
CUDA_ON_CPU_RUNTIME void load_matrix_sync(fragment<Use, m, n, k, T, Layout>& f, const Stored* memory, unsigned stride,
                                          cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  static_assert(!std::is_void_v<Layout>, "an accumulator is loaded with its layout as the last argument");
  load(f, memory, stride, std::is_same_v<Layout, row_major>, source, __builtin_return_address(0));
}
template <int m, int n, int k>
CUDA_ON_CPU_RUNTIME void load_matrix_sync(fragment<accumulator, m, n, k, float>& f, const float* memory,
                                          unsigned stride, layout_t layout,
                                          cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  load(f, memory, stride, layout == mem_row_major, source, __builtin_return_address(0));
}
template <int m, int n, int k>
CUDA_ON_CPU_RUNTIME void store_matrix_sync(float* memory, const fragment<accumulator, m, n, k, float>& f,
                                           unsigned stride, layout_t layout,
                                           cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  [[maybe_unused]] const void* where = __builtin_return_address(0);
  each_element(f, memory, stride, layout == mem_row_major, source, [where](float element, float* place) CUDA_ON_CPU_RUNTIME {
    CUDA_ON_CPU_NOTE_AT(write, place, sizeof(float), where);
    *place = element;
  });
}

// One lane's fragments, and the product that the last lane to arrive computes for all 32.
template <class A, class B, class C> struct Product {
  const A* a;
  const B* b;
  const C* c;
  C* d;

  CUDA_ON_CPU_RUNTIME static void of_warp(cuda_on_cpu::WarpLane* const (&lanes)[32]) {
    constexpr int m = C::rows, n = C::columns, k = A::columns;
    float a[m * k], b[k * n], d[m * n];
    for (int lane = 0; lane < 32; ++lane) {
      const Product& part = *static_cast<const Product*>(lanes[lane]->value);
      for (int i = 0; i < A::num_elements; ++i) a[lane * A::num_elements + i] = multiplier_input(part.a->x[i]);
      for (int i = 0; i < B::num_elements; ++i) b[lane * B::num_elements + i] = multiplier_input(part.b->x[i]);
      for (int i = 0; i < C::num_elements; ++i) d[lane * C::num_elements + i] = part.c->x[i];
    }
    for (int row = 0; row < m; ++row)
      for (int inner = 0; inner < k; ++inner)
        for (int column = 0; column < n; ++column) d[row * n + column] += a[row * k + inner] * b[inner * n + column];
    for (int lane = 0; lane < 32; ++lane)
      for (int i = 0; i < C::num_elements; ++i)
        static_cast<const Product*>(lanes[lane]->value)->d->x[i] = d[lane * C::num_elements + i];
  }
};

// d = a · b + c; d may be c. All 32 lanes of the warp must come here.
template <int m, int n, int k, class T, class LayoutA, class LayoutB>
CUDA_ON_CPU_RUNTIME void mma_sync(fragment<accumulator, m, n, k, float>& d,
                                  const fragment<matrix_a, m, n, k, T, LayoutA>& a,
                                  const fragment<matrix_b, m, n, k, T, LayoutB>& b,
                                  const fragment<accumulator, m, n, k, float>& c,
                                  cuda_on_cpu::SourceLine source = cuda_on_cpu::here()) {
  using Part = Product<fragment<matrix_a, m, n, k, T, LayoutA>, fragment<matrix_b, m, n, k, T, LayoutB>,
                       fragment<accumulator, m, n, k, float>>;
  Part part{&a, &b, &c, &d};
  cuda_on_cpu::WarpLane lane{&part, nullptr, 0, 0, Part::of_warp};
  cuda_on_cpu::warp_meet(cuda_on_cpu::WarpOperation::matrix, 0xffffffffu, lane, source);
}

}  // namespace nvcuda::wmma
