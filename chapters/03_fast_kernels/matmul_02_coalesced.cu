// Step 2: neighbours in different columns. This is chapter 02's product, as it stands.
//
// Compare the first two lines of the kernels: matmul_kernel in chapters/02_cuda/matmul.cu lets threadIdx.x count columns.
// The 32 threads of a warp then read 32 neighbours of a row of b (coalesced: 4 pieces of 32 bytes), one and the same
// element of a (one piece), and write 32 neighbours of c. Nothing else differs from step 1.
//
// Chapter 02 adds the bias and applies ReLU in a kernel of its own, so here the product is written, read and written once
// more. The other steps do that while an element is in a register.
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/matmul.h"

namespace fast {

void matmul_coalesced(float* c, MatrixView a, MatrixView b, int m, int n, int k, Finish finish,
                      cudaStream_t stream) {
  plain::matmul(c, a, b, finish.write, m, n, k, stream);
  if (finish.bias || finish.activation != Activation::none)
    plain::add_bias(c, finish.bias, finish.activation, m, n, stream);
}

}  // namespace fast
