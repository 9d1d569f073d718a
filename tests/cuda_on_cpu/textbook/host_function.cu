// A function of the host in a stream, events between two streams, and a query.
#include <cstdio>
__global__ void set(int* p, int v) { *p = v; }
__global__ void add(int* p, const int* q) { *p += *q; }
void CUDART_CB count(void* data) { ++*static_cast<int*>(data); }
int main() {
  int *d, h, calls = 0;
  cudaStream_t a, b;
  cudaEvent_t done;
  cudaStreamCreateWithFlags(&a, cudaStreamNonBlocking), cudaStreamCreateWithFlags(&b, cudaStreamNonBlocking);
  cudaEventCreateWithFlags(&done, cudaEventDisableTiming);
  cudaMalloc(&d, 2 * sizeof(int));
  set<<<1, 1, 0, a>>>(d, 5);
  cudaEventRecord(done, a);
  set<<<1, 1, 0, b>>>(d + 1, 7);
  cudaStreamWaitEvent(b, done, 0);
  add<<<1, 1, 0, b>>>(d + 1, d);
  cudaLaunchHostFunc(b, count, &calls);
  cudaStreamSynchronize(b);
  bool right = calls == 1 && cudaEventQuery(done) == cudaSuccess && cudaStreamQuery(b) == cudaSuccess;
  cudaMemcpy(&h, d + 1, sizeof h, cudaMemcpyDeviceToHost);
  cudaFree(d), cudaEventDestroy(done), cudaStreamDestroy(a), cudaStreamDestroy(b);
  return right && h == 12 ? 0 : 1;
}
