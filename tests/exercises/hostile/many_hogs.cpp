// says: MiB of memory | it should be
// Several processes share the memory limit, where they may be started at all. Bounded: 8 of 400 MiB.
#include <unistd.h>

#include <vector>
void weight_gradient(float* dw, const float*, const float*, int, int, int) {
  for (int i = 0; i < 3; ++i) (void)!fork();
  const std::vector<char> memory(400 << 20, 1);
  sleep(2);
  dw[0] = memory[size_t(getpid())];
}
