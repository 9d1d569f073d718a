// A process is killed while another one has its memory open: that one can go on reading, and nothing is left when it has closed it.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "tests/cuda_on_cpu/require.h"

constexpr int n = 1 << 18;

__global__ void fill_kernel(float* p, float value) { p[blockIdx.x * blockDim.x + threadIdx.x] = value; }

// Mappings of as many bytes as are shared that have no place in a file system.
int mappings_of_memory_files() {
  char line[500];
  int found = 0;
  std::FILE* maps = std::fopen("/proc/self/maps", "r");
  while (std::fgets(line, sizeof line, maps)) {
    char* end = nullptr;
    const unsigned long from = std::strtoul(line, &end, 16), to = std::strtoul(end + 1, nullptr, 16);
    found += to - from == n * sizeof(float) && std::strstr(line, "memfd:");
  }
  std::fclose(maps);
  return found;
}

int main() {
  int pipes[2];
  REQUIRE(pipe(pipes) == 0);
  cudaIpcMemHandle_t handle;
  const pid_t child = second_process();
  if (child == 0) {
    float* p;
    OK(cudaMalloc(&p, n * sizeof(float)));
    OK(cudaIpcGetMemHandle(&handle, p));
    fill_kernel<<<n / 256, 256>>>(p, 7);
    OK(cudaDeviceSynchronize());
    REQUIRE(write(pipes[1], &handle, sizeof handle) == sizeof handle);
    for (;;) pause();
  }
  REQUIRE(read(pipes[0], &handle, sizeof handle) == sizeof handle);
  float *p, last = 0;
  OK(cudaIpcOpenMemHandle(reinterpret_cast<void**>(&p), handle, cudaIpcMemLazyEnablePeerAccess));
#ifdef CUDA_ON_CPU  // a GPU's memory ends with the process that allocated it
  REQUIRE(kill(child, SIGKILL) == 0 && waitpid(child, nullptr, 0) == child);
  REQUIRE(mappings_of_memory_files() == 1);
#endif
  OK(cudaMemcpy(&last, p + n - 1, sizeof last, cudaMemcpyDeviceToHost));
  REQUIRE(last == 7);
  OK(cudaIpcCloseMemHandle(p));
  REQUIRE(mappings_of_memory_files() == 0);
#ifndef CUDA_ON_CPU
  REQUIRE(kill(child, SIGKILL) == 0 && waitpid(child, nullptr, 0) == child);
#endif
}
