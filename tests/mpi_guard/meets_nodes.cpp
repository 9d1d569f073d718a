// Nothing is wrong: how nodes meet, as rank 0 tells. Each node sends a stranger first, who does not know the job's password. With NO_WAY=r rank r
// finds no way to rank 0; then nobody comes, and rank 0 does not wait for it here. Run on two nodes and on three.
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/mpi_guard/planted.h"

namespace {

int waits_at_the_door = 0;

bool finds_no_way() {
  const char *rank = std::getenv("PMI_RANK"), *lost = std::getenv("NO_WAY");
  return rank && lost && std::string(rank) == lost;
}

}  // namespace

extern "C" int looks_at_door(pollfd* files, nfds_t number, int milliseconds) asm("poll");
int looks_at_door(pollfd* files, nfds_t number, int milliseconds) {
  int listens = 0;
  socklen_t length = sizeof listens;
  if (number == 1 && getsockopt(files->fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 && listens) {
    ++waits_at_the_door;
    if (std::getenv("NO_WAY")) milliseconds = 500;
  }
  return int(syscall(SYS_poll, files, number, milliseconds));
}

extern "C" int connect(int file, const sockaddr* to, socklen_t bytes) {
  if (to->sa_family == AF_INET6 && finds_no_way()) return errno = EHOSTUNREACH, -1;
  static bool has_knocked = false;
  if (to->sa_family == AF_INET6 && !has_knocked) {
    if (!(fcntl(file, F_GETFL) & O_NONBLOCK)) dprintf(2, "guard: a host that does not answer is waited for\n");
    const int stranger = socket(AF_INET6, SOCK_STREAM, 0), both = 0;
    const uint64_t password = 0;
    setsockopt(stranger, IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof both);
    has_knocked = syscall(SYS_connect, stranger, to, bytes) == 0 && send(stranger, &password, sizeof password, 0) == sizeof password;
    close(stranger);
  }
  return int(syscall(SYS_connect, file, to, bytes));
}

void planted(int rank, int) {
  if (rank == 0) std::printf("rank 0 has waited at its door %d times\n", waits_at_the_door);
}
