// See socket.h.
#include "common/mpi_guard/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace guard {
namespace {

constexpr int patience_s = 10;

// One socket speaks IPv4 and IPv6.
int make_socket() {
  const int file = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int both = 0;
  if (file >= 0) setsockopt(file, IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof both);
  return file;
}

void limit_waiting(int file) {
  const timeval limit{patience_s, 0};
  const int now = 1;
  setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
}

sockaddr_in6 at(const in6_addr& address, in_port_t port) {
  sockaddr_in6 full{};
  full.sin6_family = AF_INET6;
  full.sin6_addr = address;
  full.sin6_port = port;
  return full;
}

in6_addr mapped(const in_addr& v4) {
  in6_addr address{};
  address.s6_addr[10] = address.s6_addr[11] = 0xff;
  std::memcpy(&address.s6_addr[12], &v4, 4);
  return address;
}

in6_addr loopback_v4() { return mapped(in_addr{htonl(INADDR_LOOPBACK)}); }

bool wait_for(int file, short events, int milliseconds) {
  pollfd wanted{file, events, 0};
  int found;
  do found = poll(&wanted, 1, milliseconds);
  while (found < 0 && errno == EINTR);
  return found > 0;
}

}  // namespace

void Socket::close() {
  if (file_ >= 0) ::close(file_);
  file_ = -1;
}

// All of it, by a call that may do a part.
template <class Byte, class Part>
bool Socket::whole(Byte* at, size_t bytes, Part part) {
  while (open() && bytes > 0) {
    const ssize_t done = part(at, bytes);
    if (done > 0) at += done, bytes -= size_t(done);
    else if (done == 0 || errno != EINTR) close();
  }
  return open();
}
bool Socket::send(const void* data, size_t bytes) {
  return whole((const char*)data, bytes, [&](const char* at, size_t n) { return ::send(file_, at, n, MSG_NOSIGNAL); });
}
bool Socket::receive(void* data, size_t bytes) {
  return whole((char*)data, bytes, [&](char* at, size_t n) { return ::recv(file_, at, n, 0); });
}
bool Socket::ready(int milliseconds) const { return open() && wait_for(file_, POLLIN, milliseconds); }

Socket listen_somewhere(in_port_t& port) {
  Socket listener(make_socket());
  sockaddr_in6 here = at(in6addr_any, 0);
  socklen_t length = sizeof here;
  if (!listener.open() || bind(listener.file(), reinterpret_cast<sockaddr*>(&here), sizeof here) != 0 ||
      listen(listener.file(), SOMAXCONN) != 0 || getsockname(listener.file(), reinterpret_cast<sockaddr*>(&here), &length) != 0)
    return Socket();
  port = here.sin6_port;
  return listener;
}

Socket accept_within(const Socket& listener, int milliseconds) {
  if (!listener.ready(milliseconds)) return Socket();
  const int file = accept4(listener.file(), nullptr, nullptr, SOCK_CLOEXEC);
  if (file >= 0) limit_waiting(file);
  return Socket(file);
}

std::vector<in6_addr> own_addresses() {
  std::vector<in6_addr> found;
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return found;
  for (const ifaddrs* one = all; one; one = one->ifa_next) {
    if (!one->ifa_addr || (one->ifa_flags & IFF_LOOPBACK)) continue;
    in6_addr address{};
    if (one->ifa_addr->sa_family == AF_INET) {
      address = mapped(reinterpret_cast<sockaddr_in*>(one->ifa_addr)->sin_addr);
    } else if (one->ifa_addr->sa_family == AF_INET6) {
      address = reinterpret_cast<sockaddr_in6*>(one->ifa_addr)->sin6_addr;
      if (IN6_IS_ADDR_LINKLOCAL(&address)) continue;  // means nothing without the name of an interface
    } else {
      continue;
    }
    found.push_back(address);
  }
  freeifaddrs(all);
  if (found.empty()) found.push_back(in6addr_loopback), found.push_back(loopback_v4());  // all nodes on this host
  return found;
}

Socket connect_within(const in6_addr& address, in_port_t port, int milliseconds) {
  Socket made(make_socket());
  const sockaddr_in6 there = at(address, port);
  if (!made.open()) return made;
  fcntl(made.file(), F_SETFL, O_NONBLOCK);
  if (connect(made.file(), reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0 && errno != EINPROGRESS) return Socket();
  int error = 0;
  socklen_t length = sizeof error;
  if (!wait_for(made.file(), POLLOUT, milliseconds) || getsockopt(made.file(), SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0)
    return Socket();
  fcntl(made.file(), F_SETFL, 0);
  limit_waiting(made.file());
  return made;
}

}  // namespace guard
