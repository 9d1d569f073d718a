// What a program asks a device.
#include <cstdio>
int main() {
  int nDevices = 0, threads = 0, driver = 0;
  cudaGetDeviceCount(&nDevices);
  for (int i = 0; i < nDevices; i++) {
    cudaDeviceProp prop;
    cudaGetDeviceProperties(&prop, i);
    printf("Device Number: %d\n  Device name: %s\n  compute capability %d.%d, %d multiprocessors\n", i, prop.name, prop.major, prop.minor, prop.multiProcessorCount);
    printf("  %zu bytes, bus of %d bits, warps of %d, %d threads a block, grid up to %d %d %d\n", prop.totalGlobalMem, prop.memoryBusWidth, prop.warpSize,
           prop.maxThreadsPerBlock, prop.maxGridSize[0], prop.maxGridSize[1], prop.maxGridSize[2]);
    if (prop.warpSize != 32) return 1;
  }
  size_t free_bytes, total;
  cudaSetDevice(0);
  cudaMemGetInfo(&free_bytes, &total);
  cudaDeviceGetAttribute(&threads, cudaDevAttrMaxThreadsPerBlock, 0);
  cudaDriverGetVersion(&driver);
  return nDevices >= 1 && free_bytes <= total && threads == 1024 && driver > 0 ? 0 : 1;
}
