// malloc and free in a kernel: every thread keeps a list of its own, and one list outlives its kernel.
#include <cstdio>
#include <cstdlib>
struct Node { int value; Node* next; };
__device__ Node* head;
__global__ void own(int* sums) {
  int* squares = (int*)malloc(10 * sizeof(int));
  if (!squares) return;
  for (int i = 0; i < 10; ++i) squares[i] = i * i;
  int sum = threadIdx.x;
  for (int i = 0; i < 10; ++i) sum += squares[i];
  sums[threadIdx.x] = sum;
  free(squares);
}
__global__ void build(int n) {
  for (int i = 0; i < n; ++i) head = new Node{i, head};
}
__global__ void consume(int* sum) {
  while (head) {
    *sum += head->value;
    Node* next = head->next;
    delete head;
    head = next;
  }
}
int main() {
  cudaDeviceSetLimit(cudaLimitMallocHeapSize, 16 << 20);
  int h[33], *d;
  cudaMalloc(&d, sizeof h);
  cudaMemset(d, 0, sizeof h);
  own<<<1, 32>>>(d);
  build<<<1, 1>>>(100);
  consume<<<1, 1>>>(d + 32);
  cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost);
  cudaFree(d);
  for (int i = 0; i < 32; ++i)
    if (h[i] != 285 + i) return printf("%d: %d\n", i, h[i]), 1;
  return h[32] == 4950 ? 0 : 1;
}
