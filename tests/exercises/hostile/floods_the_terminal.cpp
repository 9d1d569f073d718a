// says: wrote more than it may
// Bounded: 2 GiB.
#include <cstdio>
#include <string>
void weight_gradient(float*, const float*, const float*, int, int, int) {
  const std::string text(1 << 20, '\7');
  for (int i = 0; i < 2048; ++i) std::fwrite(text.data(), 1, text.size(), stdout);
}
