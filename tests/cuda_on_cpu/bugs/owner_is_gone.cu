// expect: has ended, and this one waits for its event
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cuda_on_cpu/require.h"

#include <csignal>

// The child is killed before it has done what its parent waits for.
int main() {
  int pipes[2];
  REQUIRE(pipe(pipes) == 0);
  cudaIpcEventHandle_t handle;
  cudaEvent_t event;
  const pid_t child = second_process();
  if (child == 0) {
    OK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming | cudaEventInterprocess));
    OK(cudaIpcGetEventHandle(&handle, event));
    OK(cudaLaunchHostFunc(nullptr, [](void*) { raise(SIGKILL); }, nullptr));
    OK(cudaEventRecord(event));
    REQUIRE(write(pipes[1], &handle, sizeof handle) == sizeof handle);
    for (;;) pause();
  }
  std::signal(SIGCHLD, SIG_IGN);  // nobody waits for it: it is gone at once
  REQUIRE(read(pipes[0], &handle, sizeof handle) == sizeof handle);
  OK(cudaIpcOpenEventHandle(&event, handle));
  OK(cudaStreamWaitEvent(nullptr, event, 0));
  return cudaDeviceSynchronize() != cudaErrorLaunchFailure;
}
