// The hosts of common/cluster/virtual_cluster.sh, for as long as an object of this lives. One test at a time has them: others wait.
#pragma once

#include <unistd.h>

#include "tests/program.h"

class Hosts {
 public:
  explicit Hosts(int count) {
    for (int tries = 0; tries < 120; ++tries) {
      up_ = words("up " + std::to_string(count));
      if (up_.output.find("is up already") == std::string::npos) return;
      sleep(5);
    }
  }
  ~Hosts() {
    if (there()) words("down");
  }
  Hosts(const Hosts&) = delete;
  Hosts& operator=(const Hosts&) = delete;

  bool there() const { return up_.status == 0; }
  const std::string& why_not() const { return up_.output; }

  // For a shell: what it starts afterwards runs on them.
  static constexpr const char* environment = "eval \"$(sh common/cluster/virtual_cluster.sh env)\"; ";

 private:
  static ProgramRun words(const std::string& all) { return run_program("timeout -k 5 60 sh common/cluster/virtual_cluster.sh " + all); }
  ProgramRun up_;
};
