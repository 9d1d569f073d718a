// says: wrote more than it may
// Bounded: 2 GiB.
#include <fstream>
#include <string>
void weight_gradient(float*, const float*, const float*, int, int, int) {
  const std::string text(1 << 20, 'x');
  std::ofstream file("large");
  for (int i = 0; i < 2048; ++i) file << text;
}
