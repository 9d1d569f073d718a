// says: MiB of memory | wrote more than | it should be
// Memory that belongs to no process: memfds, and files in /dev/shm. Bounded: 1.5 GiB of each.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>
void weight_gradient(float* dw, const float*, const float*, int, int, int) {
  const std::vector<char> block(1 << 20, 1);
  long held = 0;
  for (int f = 0; f < 60; ++f) {
    const std::string name = "/dev/shm/hog" + std::to_string(f);
    const int file = f % 2 ? open(name.c_str(), O_CREAT | O_WRONLY, 0600) : memfd_create("hog", 0);
    for (int i = 0; i < 50 && file >= 0; ++i) held += write(file, block.data(), block.size()) > 0;
  }
  sleep(1);
  dw[0] = float(held);
}
