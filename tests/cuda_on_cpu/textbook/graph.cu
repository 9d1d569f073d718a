// A graph captured from a stream and launched many times.
#include <cstdio>
__global__ void increment(int* p, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) ++p[i];
}
int main() {
  const int n = 300, kernels = 5, launches = 4;
  int h[n], *d;
  cudaStream_t stream;
  cudaGraph_t graph;
  cudaGraphExec_t instance;
  cudaStreamCreate(&stream);
  cudaMalloc(&d, sizeof h);
  cudaMemset(d, 0, sizeof h);
  cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal);
  for (int i = 0; i < kernels; ++i) increment<<<3, 128, 0, stream>>>(d, n);
  cudaStreamEndCapture(stream, &graph);
  cudaGraphInstantiate(&instance, graph, 0);
  for (int i = 0; i < launches; ++i) cudaGraphLaunch(instance, stream);
  cudaStreamSynchronize(stream);
  cudaMemcpy(h, d, sizeof h, cudaMemcpyDeviceToHost);
  cudaGraphExecDestroy(instance), cudaGraphDestroy(graph), cudaStreamDestroy(stream), cudaFree(d);
  for (int x : h)
    if (x != kernels * launches) return printf("%d\n", x), 1;
}
