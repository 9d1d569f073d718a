// As much of TCP as the helper threads need. No function here throws; a Socket that broke says so.
#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <utility>
#include <vector>

namespace guard {

class Socket {
 public:
  Socket() = default;
  explicit Socket(int file) : file_(file) {}
  Socket(Socket&& other) noexcept : file_(other.file_) { other.file_ = -1; }
  Socket& operator=(Socket&& other) noexcept { return std::swap(file_, other.file_), *this; }
  ~Socket() { close(); }

  bool open() const { return file_ >= 0; }
  int file() const { return file_; }

  // All bytes within a few seconds, or false, and the socket is closed.
  bool send(const void* data, size_t bytes);
  bool receive(void* data, size_t bytes);

  // Whether something can be received without waiting longer than this; true, too, when the other side is gone.
  bool ready(int milliseconds) const;

 private:
  template <class Byte, class Part>
  bool whole(Byte* at, size_t bytes, Part part);
  void close();
  int file_ = -1;
};

// Listens on a port that the system chooses, on all addresses of this host.
Socket listen_somewhere(in_port_t& port);
Socket accept_within(const Socket& listener, int milliseconds);

// The addresses under which other hosts may reach this one.
std::vector<in6_addr> own_addresses();  // IPv4 ones as ::ffff:a.b.c.d

Socket connect_within(const in6_addr& address, in_port_t port, int milliseconds);

}  // namespace guard
