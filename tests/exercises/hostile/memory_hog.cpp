// says: MiB of memory
// Bounded: 3 GiB, where no limit stops it.
#include <cstdlib>
#include <cstring>
void weight_gradient(float*, const float*, const float*, int, int, int) {
  for (int i = 0; i < 192; ++i)
    if (void* p = std::malloc(16 << 20)) std::memset(p, 1, 16 << 20);
}
