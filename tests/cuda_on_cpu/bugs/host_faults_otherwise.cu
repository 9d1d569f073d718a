// expect: asked for the bus & asked for the division
#include "tests/cuda_on_cpu/require.h"

#include <csetjmp>
#include <csignal>
#include <sys/mman.h>
#include <unistd.h>

__global__ void nothing() {}
sigjmp_buf behind;

void say(const char* text, size_t bytes) {
  if (write(STDOUT_FILENO, text, bytes) < 0) _exit(4);
}

// Faults of the host that are none of the device's: who was here before is asked, whatever the signal.
int main(int argc, char**) {
  std::signal(SIGBUS, [](int) { say("asked for the bus\n", 18), siglongjmp(behind, 1); });
  std::signal(SIGFPE, [](int) { say("asked for the division\n", 23), _exit(3); });
  nothing<<<1, 1>>>();
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  const int empty = memfd_create("empty", 0);
  volatile char* beyond_its_end = static_cast<char*>(mmap(nullptr, 1, PROT_READ, MAP_SHARED, empty, 0));
  if (sigsetjmp(behind, 1) == 0) std::printf("%d\n", *beyond_its_end);
  volatile int zero = argc - 1;
  std::printf("%d\n", 7 / zero);
}
