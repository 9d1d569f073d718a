// For tests of what is drawn on a terminal.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

// A terminal of this kind (the TERM of the environment) for the life of the object: standard output goes there.
struct Terminal {
  const int keyboard = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK), before = dup(STDOUT_FILENO);
  int screen = -1;
  explicit Terminal(const char* kind) {
    setenv("TERM", kind, 1);
    std::fflush(stdout);
    if (keyboard >= 0 && grantpt(keyboard) == 0 && unlockpt(keyboard) == 0) screen = open(ptsname(keyboard), O_RDWR | O_NOCTTY);
    if (screen >= 0) dup2(screen, STDOUT_FILENO);
  }
  ~Terminal() {
    std::fflush(stdout);
    dup2(before, STDOUT_FILENO);
    for (int file : {before, screen, keyboard})
      if (file >= 0) close(file);
  }
  // What has come since the last look: the system hands it over in its own time, so all that stands before a mark.
  std::string shown() {
    std::string text;
    EXPECT_EQ(write(screen, "\1", 1), 1);
    for (pollfd one{keyboard, POLLIN, 0}; !text.ends_with('\1') && poll(&one, 1, 60'000) == 1;) {
      char part[4096];
      text.append(part, size_t(std::max<ssize_t>(read(keyboard, part, sizeof part), 0)));
    }
    return text.substr(0, text.find('\1'));
  }
};
