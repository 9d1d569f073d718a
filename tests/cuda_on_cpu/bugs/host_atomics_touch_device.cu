// expect: ~:11: host code may not write device memory: 0 bytes into 128 bytes & ~:12: host & ~:13: host & ~:14: host & ~:15: host & ~:16: host & ~:17: host & ~:18: host & ~:19: host & ~:20: host
// build: check
#include "tests/cuda_on_cpu/require.h"

// An atomic operation of the host is no way to device memory, whichever it is.
int main() {
  constexpr int order = __ATOMIC_SEQ_CST;
  int *p, expected = 0, value = 1;
  OK(cudaMalloc(&p, 128));
  OK(cudaMemset(p, 0, 128));
  __atomic_store(p, &value, order);
  __atomic_load(p, &value, order);
  __atomic_fetch_add(p, 1, order);
  __atomic_fetch_sub(p, 1, order);
  __atomic_fetch_and(p, 1, order);
  __atomic_fetch_or(p, 1, order);
  __atomic_fetch_xor(p, 1, order);
  __atomic_exchange_n(p, 1, order);
  __atomic_compare_exchange_n(p, &expected, value, false, order, order);
  __atomic_fetch_nand(p, 1, order);
  OK(cudaFree(p));
}
// expect: 10 findings
