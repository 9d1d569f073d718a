// As much of TCP as the nodes of a job need to find each other and to talk. What the system answers is the test's where it says so.
// ranks: 1
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/mpi_guard/socket.h"

using namespace guard;

namespace {

// Calls of this thread that a signal ends before they have done anything; how long was waited; whether a connection may be waited for.
thread_local int interruptions = 0;
thread_local std::vector<int> waits;
thread_local int connects_at_once = 0, connects_late = 0;
thread_local bool nobody_answers = false;
ifaddrs* addresses_of_test = nullptr;

bool interrupted() {
  if (interruptions == 0) return false;
  --interruptions, errno = EINTR;
  return true;
}
template <class Function>
Function* behind(Function*, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {
int poll(pollfd* files, nfds_t number, int milliseconds) {
  if (interrupted()) return -1;
  if (nobody_answers) return waits.push_back(milliseconds), 0;
  return behind(poll, "poll")(files, number, milliseconds);
}
ssize_t send(int file, const void* data, size_t bytes, int flags) { return interrupted() ? -1 : behind(send, "send")(file, data, bytes, flags); }
ssize_t recv(int file, void* data, size_t bytes, int flags) { return interrupted() ? -1 : behind(recv, "recv")(file, data, bytes, flags); }
int connect(int file, const sockaddr* to, socklen_t bytes) {
  ++(fcntl(file, F_GETFL) & O_NONBLOCK ? connects_at_once : connects_late);
  return nobody_answers ? (errno = EINPROGRESS, -1) : behind(connect, "connect")(file, to, bytes);
}
int getifaddrs(ifaddrs** all) noexcept { return addresses_of_test ? (*all = addresses_of_test, 0) : behind(getifaddrs, "getifaddrs")(all); }
void freeifaddrs(ifaddrs* all) noexcept {
  if (all != addresses_of_test) behind(freeifaddrs, "freeifaddrs")(all);
}
}

namespace {

// Two ends of a connection.
struct Pair {
  Socket caller, host;
  Pair() {
    in_port_t port = 0;
    const Socket listener = listen_somewhere(port);
    caller = connect_within(own_addresses().front(), port, 5000), host = accept_within(listener, 5000);
  }
};

bool is_open(int file) { return fcntl(file, F_GETFD) != -1; }

TEST(Sockets, CarryWhatIsSentWholeAndSayWhenTheOtherIsGone) {
  in_port_t port = 0;
  const Socket listener = listen_somewhere(port);
  ASSERT_TRUE(listener.open());
  EXPECT_NE(port, 0);
  EXPECT_FALSE(listener.ready(0)) << "nobody has come";
  EXPECT_FALSE(accept_within(listener, 1).open());
  const std::vector<in6_addr> addresses = own_addresses();
  ASSERT_FALSE(addresses.empty());
  for (const in6_addr& address : addresses) {
    Socket caller = connect_within(address, port, 5000), host = accept_within(listener, 5000);
    ASSERT_TRUE(caller.open() && host.open());
    for (const Socket* socket : {&caller, &host}) {  // neither waits for ever, and a word goes at once
      timeval send{}, receive{};
      int at_once = 0;
      socklen_t bytes = sizeof send, number = sizeof at_once;
      getsockopt(socket->file(), SOL_SOCKET, SO_SNDTIMEO, &send, &bytes);
      getsockopt(socket->file(), SOL_SOCKET, SO_RCVTIMEO, &receive, &bytes);
      getsockopt(socket->file(), IPPROTO_TCP, TCP_NODELAY, &at_once, &number);
      EXPECT_TRUE(send.tv_sec > 0 && send.tv_sec == receive.tv_sec && at_once != 0);
    }
    EXPECT_FALSE(host.ready(0));
    std::vector<char> sent(3'000'000), got(sent.size());
    for (size_t i = 0; i < sent.size(); i++) sent[i] = char(i * 7 % 251);
    std::thread other([&] { EXPECT_TRUE(caller.send(sent.data(), sent.size())); });  // more than fits into any buffer
    EXPECT_TRUE(host.receive(got.data(), got.size()));
    other.join();
    EXPECT_TRUE(sent == got);
    EXPECT_FALSE(host.ready(0));
    EXPECT_TRUE(caller.send(sent.data(), 1));
    EXPECT_TRUE(host.ready(5000));
    caller = Socket();
    EXPECT_FALSE(caller.open());
    EXPECT_TRUE(host.receive(got.data(), 1));
    EXPECT_TRUE(host.ready(5000)) << "the end, too, is something to be read";
    EXPECT_FALSE(host.receive(got.data(), 1));
    EXPECT_FALSE(host.open());
    EXPECT_FALSE(host.ready(0));
  }
  Socket closed;
  EXPECT_FALSE(closed.send("x", 1));
  EXPECT_FALSE(closed.receive(&port, 1));
  EXPECT_FALSE(connect_within(addresses[0], 1, 200).open()) << "nobody listens there";
}

// A signal that comes in between, as those of a timer do, is no end: all that waits begins again.
TEST(Sockets, ASignalIsNotTheEnd) {
  in_port_t port = 0;
  const Socket listener = listen_somewhere(port);
  interruptions = 3;
  Socket caller = connect_within(own_addresses().front(), port, 5000);
  EXPECT_EQ(interruptions, 0);
  interruptions = 3;
  Socket host = accept_within(listener, 5000);
  EXPECT_EQ(interruptions, 0);
  char word[4] = "yes", heard[4] = "";
  interruptions = 3;
  EXPECT_TRUE(caller.send(word, sizeof word));
  EXPECT_EQ(interruptions, 0);
  interruptions = 3;
  EXPECT_TRUE(host.ready(5000));
  EXPECT_EQ(interruptions, 0);
  interruptions = 3;
  EXPECT_TRUE(host.receive(heard, sizeof heard));
  EXPECT_EQ(interruptions, 0);
  EXPECT_EQ(std::string(heard), "yes");
}

// Each waits as long as it is told. A host that does not answer is not waited for by the system, which takes minutes.
TEST(Sockets, WaitNoLongerThanTheyAreTold) {
  in_port_t port = 0;
  const Socket listener = listen_somewhere(port);
  nobody_answers = true, connects_at_once = connects_late = 0, waits.clear();
  EXPECT_FALSE(connect_within(in6addr_loopback, port, 1234).open());
  EXPECT_FALSE(accept_within(listener, 77).open());
  EXPECT_FALSE(listener.ready(5));
  nobody_answers = false;
  EXPECT_EQ(waits, (std::vector<int>{1234, 77, 5}));
  EXPECT_EQ(connects_at_once, 1);
  EXPECT_EQ(connects_late, 0);
  const Pair pair;
  EXPECT_FALSE(fcntl(pair.caller.file(), F_GETFL) & O_NONBLOCK) << "what is sent later may take its time";
}

// Whoever is gone does not end those that speak to it, and programs that a rank starts do not hold its connections.
TEST(Sockets, AreTheirOwnProcessesAlone) {
  Pair pair;
  for (const Socket* socket : {&pair.caller, &pair.host}) EXPECT_TRUE(fcntl(socket->file(), F_GETFD) & FD_CLOEXEC);
  const auto before = signal(SIGPIPE, SIG_DFL);
  const int file = pair.host.file();
  pair.host = Socket();
  EXPECT_FALSE(is_open(file));
  bool sent = true;
  for (int word = 0; word < 1000 && sent; word++) sent = pair.caller.send(&word, sizeof word);
  EXPECT_FALSE(sent);
  EXPECT_FALSE(pair.caller.open());
  signal(SIGPIPE, before);
}

TEST(Sockets, MoveWithTheirFile) {
  const int file = dup(0);
  ASSERT_GT(file, 0);
  {
    Socket first(file);
    {
      Socket second(std::move(first));
      EXPECT_FALSE(first.open());
      EXPECT_EQ(second.file(), file);
      first = std::move(second);
    }
    EXPECT_TRUE(is_open(file));
    EXPECT_EQ(first.file(), file);
  }
  EXPECT_FALSE(is_open(file));
  EXPECT_TRUE(is_open(0)) << "nobody's";
}

// Of all interfaces those under which other hosts find this one; where there is none, the nodes are all on this host.
TEST(Sockets, OwnAddressesAreThoseThatOthersReach) {
  const auto v4 = [](const char* text) {
    sockaddr_in made{};
    made.sin_family = AF_INET;
    inet_pton(AF_INET, text, &made.sin_addr);
    return made;
  };
  const auto v6 = [](const char* text) {
    sockaddr_in6 made{};
    made.sin6_family = AF_INET6;
    inet_pton(AF_INET6, text, &made.sin6_addr);
    return made;
  };
  sockaddr_in loop = v4("127.0.0.1"), wire = v4("10.1.2.3");
  sockaddr_in6 loop6 = v6("::1"), link = v6("fe80::17"), global = v6("2001:db8::5");
  sockaddr of_no_internet{};
  of_no_internet.sa_family = AF_UNIX;
  const std::pair<void*, unsigned> interfaces[] = {{&loop, IFF_LOOPBACK}, {&loop6, IFF_LOOPBACK}, {nullptr, 0}, {&of_no_internet, 0}, {&link, 0}, {&wire, IFF_UP}, {&global, 0}};
  const auto found_of = [&](size_t number) {
    std::vector<ifaddrs> all(number);
    for (size_t i = 0; i < number; i++) {
      all[i].ifa_addr = static_cast<sockaddr*>(interfaces[i].first), all[i].ifa_flags = interfaces[i].second;
      all[i].ifa_next = i + 1 < number ? &all[i + 1] : nullptr;
    }
    addresses_of_test = all.data();
    std::string text;
    for (const in6_addr& address : own_addresses()) {
      char one[INET6_ADDRSTRLEN];
      text += inet_ntop(AF_INET6, &address, one, sizeof one) + std::string(" ");
    }
    addresses_of_test = nullptr;
    return text;
  };
  EXPECT_EQ(found_of(7), "::ffff:10.1.2.3 2001:db8::5 ");
  EXPECT_EQ(found_of(5), "::1 ::ffff:127.0.0.1 ");
}

}  // namespace
