// The switch of the virtual cluster: a frame goes where its receiver was last seen, not before its time.
#ifdef __linux__
#define main main_of_switch
#include "common/cluster/delay_switch.cpp"
#undef main
#endif

#include <gtest/gtest.h>

#ifdef __linux__
#include <sys/socket.h>
#include <sys/wait.h>

#include <csignal>

namespace {

constexpr int all = 255;  // an address that no card has: what is sent there is for everybody

// The cards of some hosts, with numbers for addresses, at a switch in a process of its own. Its ports are the other ends of socket pairs.
class Cards {
 public:
  explicit Cards(int count, std::chrono::microseconds delay = {}) {
    std::vector<Port> ports;
    for (int i = 0; i < count; ++i) {
      int ends[2];
      if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("no socket pair");
      fcntl(ends[1], F_SETFL, O_NONBLOCK);  // as those of /dev/net/tun are opened
      cards_.push_back(ends[0]);
      ports.push_back({ends[1], {}});
    }
    switch_ = fork();
    if (switch_ == 0) Switch(delay, ports).run();
    for (const Port& port : ports) close(port.file);
  }
  ~Cards() {
    kill(switch_, SIGKILL);
    waitpid(switch_, nullptr, 0);
    for (int card : cards_) close(card);
  }
  Cards(const Cards&) = delete;
  Cards& operator=(const Cards&) = delete;

  void send_bytes(int card, const std::string& bytes) { EXPECT_EQ(write(cards_[size_t(card)], bytes.data(), bytes.size()), ssize_t(bytes.size())); }
  void send(int card, int from, int to, const std::string& words) {
    send_bytes(card, std::string(5, '\0') + char(to) + std::string(5, '\0') + char(from) + "\x08\x06" + words);
  }
  std::string next(int card) {  // the words of the next frame that comes there
    char frame[10'000];
    pollfd file{cards_[size_t(card)], POLLIN, 0};
    const ssize_t n = poll(&file, 1, 20'000) == 1 ? read(file.fd, frame, sizeof frame) : 0;
    return n < 14 ? "nothing" : std::string(frame + 14, size_t(n - 14));
  }

 private:
  std::vector<int> cards_;
  pid_t switch_ = -1;
};

}  // namespace

// What a card must not get would be there before what it gets next.
TEST(DelaySwitch, SendsAFrameWhereItsReceiverWasSeen) {
  Cards cards(3);
  cards.send(0, 10, 11, "who is 11?");
  EXPECT_EQ(cards.next(1), "who is 11?");
  EXPECT_EQ(cards.next(2), "who is 11?");
  cards.send(1, 11, 10, "it is here");
  EXPECT_EQ(cards.next(0), "it is here");
  cards.send(0, 10, 11, std::string(9000, 'x'));
  EXPECT_EQ(cards.next(1), std::string(9000, 'x'));
  cards.send(0, 10, 11, "");  // a header alone
  EXPECT_EQ(cards.next(1), "");
  cards.send(0, 10, all, "to all");
  EXPECT_EQ(cards.next(1), "to all");
  EXPECT_EQ(cards.next(2), "to all") << "neither the answer nor what followed";
  cards.send(2, 11, all, "11 has moved");
  EXPECT_EQ(cards.next(0), "11 has moved") << "nothing of its own";
  EXPECT_EQ(cards.next(1), "11 has moved");
  for (const char* words : {"first", "second"}) cards.send(0, 10, 11, words);
  EXPECT_EQ(cards.next(2), "first");
  EXPECT_EQ(cards.next(2), "second");
  cards.send(2, 12, 11, "at the same card");
  cards.send_bytes(2, std::string(13, 'x'));  // no header
  cards.send(2, 12, all, "the end");
  EXPECT_EQ(cards.next(0), "the end");
  EXPECT_EQ(cards.next(1), "the end");
}

TEST(DelaySwitch, KeepsAFrameForItsTime) {
  constexpr std::chrono::microseconds delay(20'000);
  Cards cards(2, delay);
  const Clock::time_point begin = Clock::now();
  cards.send(0, 10, 11, "there");
  EXPECT_EQ(cards.next(1), "there");
  cards.send(1, 11, 10, "back");
  EXPECT_EQ(cards.next(0), "back");
  EXPECT_GE(Clock::now() - begin, 2 * delay);
}

TEST(DelaySwitch, SaysWhatItLacks) {
  const auto run = [](std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    std::exit(main_of_switch(int(arguments.size()), arguments.data()));
  };
  EXPECT_EXIT(run({"delay_switch", "50"}), testing::ExitedWithCode(2), "^usage: delay_switch MICROSECONDS INTERFACE \\[NAMESPACE/INTERFACE ...\\]\n$");
  EXPECT_EXIT(run({"delay_switch", "50", "none_such/eth0"}), testing::ExitedWithCode(1), "^delay_switch: /run/netns/none_such: No such file or directory\n$");
}
#else
TEST(DelaySwitch, IsForLinux) { GTEST_SKIP() << "skipped: this is not Linux"; }
#endif
