// A process that trains one model after another exports memory and events anew for each of them.
#include "tests/cuda_on_cpu/require.h"

int main() {
  for (int i = 0; i < 4000; ++i) {
    float* memory;
    cudaEvent_t event;
    cudaIpcMemHandle_t of_memory;
    cudaIpcEventHandle_t of_event;
    OK(cudaMalloc(&memory, 64));
    OK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming | cudaEventInterprocess));
    OK(cudaIpcGetMemHandle(&of_memory, memory));
    OK(cudaIpcGetEventHandle(&of_event, event));
    OK(cudaEventDestroy(event));
    OK(cudaFree(memory));
  }
}
