// A network switch in user space that keeps each frame for a while: the stand-in for tc's netem on kernels without it.
//
// delay_switch MICROSECONDS INTERFACE [NAMESPACE/INTERFACE ...]
//
// Each port is a TAP interface that exists already: what the kernel sends to it, this program reads, and the other way
// round. A frame goes to the port where its receiver was last seen, or to all ports while that is unknown. It leaves
// MICROSECONDS after it came, plus what waking up takes; for that reason the program asks for real-time priority.
// virtual_cluster.sh starts and ends it.
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Address = std::array<unsigned char, 6>;  // of an Ethernet card

constexpr size_t longest_frame = 65536;
constexpr size_t longest_queue = 10000;  // frames; more are dropped, as in netem's limit

struct Frame {
  Clock::time_point due;
  std::vector<char> bytes;
};

struct Port {
  int file;
  std::deque<Frame> out;  // the delay is the same for all, so the first one is due first
};

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "delay_switch: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

int open_namespace(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) fail(path);
  return file;
}

// Leaves for a network namespace while it lives.
class Visit {
 public:
  explicit Visit(const std::string& path) : home_(open_namespace("/proc/self/ns/net")) {
    const int there = open_namespace(path);
    if (setns(there, CLONE_NEWNET) != 0) fail(path);
    close(there);
  }
  ~Visit() {
    if (setns(home_, CLONE_NEWNET) != 0) fail("the way back");
    close(home_);
  }
  Visit(const Visit&) = delete;

 private:
  int home_;
};

// An open file stays with its interface when we leave the namespace.
Port open_interface(const std::string& name) {
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
  const int file = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (file < 0 || ioctl(file, TUNSETIFF, &request) != 0) fail(name);
  return {file, {}};
}

// name: INTERFACE here, or NAMESPACE/INTERFACE.
Port open_port(const std::string& name) {
  const size_t slash = name.find('/');
  if (slash == std::string::npos) return open_interface(name);
  const Visit visit("/run/netns/" + name.substr(0, slash));
  return open_interface(name.substr(slash + 1));
}

class Switch {
 public:
  Switch(std::chrono::microseconds delay, std::vector<Port> ports)
      : delay_(delay), ports_(std::move(ports)) {}

  [[noreturn]] void run() {
    std::vector<pollfd> files;
    for (const Port& port : ports_) files.push_back({port.file, POLLIN, 0});
    for (;;) {
      const timespec wait = until_next();
      if (ppoll(files.data(), files.size(), &wait, nullptr) < 0 && errno != EINTR) fail("ppoll");
      for (size_t p = 0; p < ports_.size(); ++p)
        if (files[p].revents & POLLIN) take_from(p);
      send_what_is_due();
    }
  }

 private:
  timespec until_next() const {
    std::chrono::nanoseconds wait = std::chrono::seconds(1);
    const Clock::time_point now = Clock::now();
    for (const Port& port : ports_)
      if (!port.out.empty()) wait = std::min<std::chrono::nanoseconds>(wait, port.out.front().due - now);
    if (wait.count() < 0) wait = std::chrono::nanoseconds(0);
    return {wait.count() / 1000000000, wait.count() % 1000000000};
  }

  void take_from(size_t port) {
    char frame[longest_frame];
    for (;;) {
      const ssize_t n = read(ports_[port].file, frame, sizeof frame);
      if (n < 14) return;  // nothing more; an Ethernet header has 14 bytes
      Address to, from;
      std::memcpy(to.data(), frame, 6);
      std::memcpy(from.data(), frame + 6, 6);
      seen_at_[from] = port;
      const auto known = seen_at_.find(to);
      for (size_t p = 0; p < ports_.size(); ++p)
        if (p != port && (known == seen_at_.end() || known->second == p)) keep(ports_[p], frame, size_t(n));
    }
  }

  void keep(Port& port, const char* frame, size_t n) {
    if (port.out.size() < longest_queue) port.out.push_back({Clock::now() + delay_, {frame, frame + n}});
  }

  void send_what_is_due() {
    const Clock::time_point now = Clock::now();
    for (Port& port : ports_)
      while (!port.out.empty() && port.out.front().due <= now) {
        const std::vector<char>& bytes = port.out.front().bytes;
        // An interface that is down, or full: the frame is lost, as on a wire. TCP sends it again.
        if (write(port.file, bytes.data(), bytes.size()) < 0 && errno != EAGAIN && errno != EIO &&
            errno != ENOBUFS)
          fail("write");
        port.out.pop_front();
      }
  }

  std::chrono::microseconds delay_;
  std::vector<Port> ports_;
  std::map<Address, size_t> seen_at_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: delay_switch MICROSECONDS INTERFACE [NAMESPACE/INTERFACE ...]\n");
    return 2;
  }
  std::vector<Port> ports;
  for (int i = 2; i < argc; ++i) ports.push_back(open_port(argv[i]));
  const sched_param priority{.sched_priority = 50};
  if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0) std::perror("delay_switch: no real-time priority");
  Switch(std::chrono::microseconds(std::atoi(argv[1])), std::move(ports)).run();
}
