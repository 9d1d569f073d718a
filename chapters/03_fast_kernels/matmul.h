// The matrix product in sixteen steps, each with one new idea for a GPU (the last is in bf16.h). All have one signature and
// one result:
//
//   c (m, n) = finish(a (m, k) · b (k, n))        c row-major; a and b may be transposed views; any sizes
//
// finish (chapter 01's product.h) adds the bias, applies ReLU and writes or accumulates while the element is still in a
// register: three kernels less in a forward pass. (Step 2 needs a second kernel for it, and there a bias or ReLU must come
// with Write::overwrite.)
//
// Every element is one sum over k, ascending, from one accumulator; steps 1 to 14 give the same bits. What differs is
// which thread computes what, and how often a number is fetched from memory. From step 3 on blockIdx.x counts blocks of
// rows, which may be very many, and blockIdx.y blocks of columns.
#pragma once

#include "chapters/01_serial/product.h"
#include "chapters/02_cuda/stream.h"

namespace fast {

using Matmul = void(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                    cudaStream_t stream);

Matmul matmul_naive;            // a thread per element, neighbours in different rows
Matmul matmul_coalesced;        // neighbours in different columns: a warp reads one stretch of memory
Matmul matmul_shared_tile;      // a block fetches each number once for all its threads
Matmul matmul_register_tile;    // a thread computes 8 x 8 elements: each number read serves 8 times
Matmul matmul_panels;           // shared memory holds the numbers in the order of their use
Matmul matmul_wide_loads;       // four numbers per instruction
Matmul matmul_double_buffer;    // the next panels arrive while these are used
Matmul matmul_warp_tile;        // the lanes of a warp read side by side: no two from one bank
Matmul matmul_large_block;      // 128 x 128 elements by eight warps
Matmul matmul_unrolled;         // the loop along k is written out
Matmul matmul_inner_panels;     // no questions about the edge inside of the matrices
Matmul matmul_wide_stores;      // the result is written four numbers at a time
Matmul matmul_block_order;      // blocks that run at the same time want the same panels
Matmul matmul_medium_block;     // 64 x 64 elements by eight warps
Matmul matmul_small_block;      // 32 x 32
Matmul matmul_three_shapes;     // one of the last three, by the size of c and of the GPU: what training uses
Matmul matmul_tensor_tf32;      // tensor cores: 16 x 16 x 8 products, inputs rounded to 11 bits
Matmul matmul_tensor_bfloat16;  // to 8 bits, with the range of a float
Matmul matmul_tensor_half;      // to 11 bits, up to 65504

}  // namespace fast
