// says: MiB of memory | it should be
// Sockets and pipes full of what nobody reads: memory of the kernel. Bounded: about 250 MiB a process.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>
void weight_gradient(float*, const float*, const float*, int, int, int) {
  const std::vector<char> block(1 << 16, 1);
  for (int i = 0; i < 500; ++i) {
    int ends[2];
    if ((i % 2 ? pipe(ends) : socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) != 0) break;
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    while (write(ends[1], block.data(), block.size()) > 0) {
    }
  }
}
