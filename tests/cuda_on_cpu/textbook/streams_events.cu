// Two streams of copies and kernels over pinned memory, timed with events.
#include <cstdio>
__global__ void kernel(float* a, int offset) {
  int i = offset + threadIdx.x + blockIdx.x * blockDim.x;
  float x = (float)i, s = sinf(x), c = cosf(x);
  a[i] = a[i] + sqrtf(s * s + c * c);
}
int main() {
  const int blockSize = 128, nStreams = 4, n = 8 * blockSize * nStreams, streamSize = n / nStreams, streamBytes = streamSize * sizeof(float);
  float *a, *d_a, ms;
  cudaMallocHost((void**)&a, n * sizeof(float));
  cudaMalloc((void**)&d_a, n * sizeof(float));
  cudaEvent_t startEvent, stopEvent;
  cudaStream_t stream[nStreams];
  cudaEventCreate(&startEvent);
  cudaEventCreate(&stopEvent);
  for (int i = 0; i < nStreams; ++i) cudaStreamCreate(&stream[i]);
  memset(a, 0, n * sizeof(float));
  cudaEventRecord(startEvent, 0);
  for (int i = 0; i < nStreams; ++i) {
    int offset = i * streamSize;
    cudaMemcpyAsync(&d_a[offset], &a[offset], streamBytes, cudaMemcpyHostToDevice, stream[i]);
    kernel<<<streamSize / blockSize, blockSize, 0, stream[i]>>>(d_a, offset);
    cudaMemcpyAsync(&a[offset], &d_a[offset], streamBytes, cudaMemcpyDeviceToHost, stream[i]);
  }
  cudaEventRecord(stopEvent, 0);
  cudaEventSynchronize(stopEvent);
  cudaEventElapsedTime(&ms, startEvent, stopEvent);
  cudaDeviceSynchronize();
  float worst = 0;
  for (int i = 0; i < n; ++i) worst = fmaxf(worst, fabs(a[i] - 1.0f));
  cudaEventDestroy(startEvent);
  cudaEventDestroy(stopEvent);
  for (int i = 0; i < nStreams; ++i) cudaStreamDestroy(stream[i]);
  cudaFree(d_a);
  cudaFreeHost(a);
  return ms >= 0 && worst < 1e-5f ? 0 : (printf("%g ms, %g\n", ms, worst), 1);
}
