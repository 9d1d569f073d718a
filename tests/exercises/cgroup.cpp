// Limits that the kernel holds for all processes of a run together, where we may make a control group (Linux: as root, or where a part of the
// tree was delegated to us): memory, with that of sockets, pipes, deleted files and names; the number of processes; and the processor time of
// all of them, also of those that nobody waited for. Version 2 is one tree; in version 1 each of the three has a tree of its own.
#include "tests/exercises/sandbox.h"

#ifdef __linux__
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace fs = std::filesystem;

namespace {

bool write_to(const fs::path& file, const std::string& text) {
  const int out = open(file.c_str(), O_WRONLY | O_CLOEXEC);
  const bool written = out >= 0 && write(out, text.data(), text.size()) == ssize_t(text.size());
  if (out >= 0) close(out);
  return written;
}

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

bool has_word(const std::string& text, const std::string& word) {
  std::istringstream words(text);
  for (std::string one; words >> one;)
    if (one == word) return true;
  return false;
}

// The group that we are in, in the tree with this controller; of version 2 where it is "". Empty if there is no such tree.
fs::path own_group(const std::string& controller) {
  std::string path, place;
  std::ifstream groups("/proc/self/cgroup"), mounts("/proc/self/mountinfo");
  const auto with_spaces = [](std::string text) {
    for (char& c : text) c = c == ',' ? ' ' : c;
    return text;
  };
  for (std::string line; std::getline(groups, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    const std::string names = line.substr(first + 1, second - first - 1);
    if (controller.empty() ? names.empty() : has_word(with_spaces(names), controller)) path = line.substr(second + 1);
  }
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string skip, root, at, word, type, options;
    words >> skip >> skip >> skip >> root >> at;
    while (words >> word && word != "-") {
    }
    words >> type >> skip >> options;
    if (controller.empty() ? type != "cgroup2" : type != "cgroup" || !has_word(with_spaces(options), controller)) continue;
    if (root == "/") place = at + path;
    else if (path.starts_with(root)) place = at + path.substr(root.size());
  }
  return path.empty() ? "" : place;
}

// Groups of sandboxes that were killed.
void remove_old(const fs::path& parent) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(parent, error))
    if (const std::string name = entry.path().filename(); name.starts_with("sandbox."))
      if (const int pid = std::atoi(name.c_str() + 8); pid > 0 && kill(pid, 0) != 0 && errno == ESRCH) rmdir(entry.path().c_str());
}

}  // namespace

bool Group::make(const fs::path& parent, const std::vector<std::string>& needs) {
  if (parent.empty()) return false;
  remove_old(parent);
  const fs::path group = parent / ("sandbox." + std::to_string(getpid()));
  if (mkdir(group.c_str(), 0755) != 0) return false;
  folders_.push_back(group);
  // Version 2: whether the group has a controller is up to the group above it.
  if (fs::exists(group / "cgroup.controllers"))
    for (const std::string& controller : needs)
      if (!has_word(text_of(group / "cgroup.controllers"), controller)) write_to(parent / "cgroup.subtree_control", "+" + controller);
  return true;
}

void Group::leave() {
  for (const int door : doors_) close(door);
  doors_.clear();
  if (cpu_ >= 0) close(cpu_);
  cpu_ = -1;
  for (const fs::path& folder : folders_)
    for (int tries = 0; rmdir(folder.c_str()) != 0 && errno == EBUSY && tries < 200; ++tries) usleep(5000);
  folders_.clear();
  memory_ = "";
}

Group::Group(long mebibytes, long processes) {
  const char* wanted = std::getenv("SANDBOX_CGROUPS");  // "no": as on a system where none can be had
  if (wanted && strcmp(wanted, "no") == 0) return;
  const std::string bytes = std::to_string(mebibytes << 20);
  if (make(own_group("memory"), {})) {
    memory_ = folders_.back();
    write_to(memory_ / "memory.kmem.tcp.limit_in_bytes", bytes);
    if (!write_to(memory_ / "memory.limit_in_bytes", bytes)) {
      leave();
      return;
    }
    write_to(memory_ / "memory.memsw.limit_in_bytes", bytes);
    if (make(own_group("pids"), {})) write_to(folders_.back() / "pids.max", std::to_string(processes));
    if (make(own_group("cpuacct"), {})) cpu_ = open((folders_.back() / "cpuacct.usage").c_str(), O_RDONLY | O_CLOEXEC);
  } else {
    // A group with processes of its own may give its children no controllers: then the new one stands beside ours.
    const fs::path own = own_group("");
    for (const fs::path& parent : {own, own.parent_path()}) {
      if (!make(parent, {"memory", "pids"})) continue;
      const fs::path group = folders_.back();
      if (write_to(group / "memory.max", bytes)) {
        memory_ = group;
        write_to(group / "memory.swap.max", "0");
        write_to(group / "pids.max", std::to_string(processes));
        cpu_ = open((group / "cpu.stat").c_str(), O_RDONLY | O_CLOEXEC);
        break;
      }
      leave();
    }
    if (memory_.empty()) return;
  }
  for (const fs::path& folder : folders_) doors_.push_back(open((folder / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  // Whether one may go in is tried out.
  const pid_t child = fork();
  if (child == 0) _exit(enter() ? 0 : 1);
  int status = 1;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) leave();
}

bool Group::enter() const {
  for (const int door : doors_)
    if (write(door, "0", 1) != 1) return false;
  return true;
}

bool Group::memory_ran_out() const {
  if (memory_.empty()) return false;
  for (const char* file : {"memory.oom_control", "memory.events"}) {
    std::ifstream in(memory_ / file);
    std::string word;
    long count = 0;
    while (in >> word >> count)
      if (word == "oom_kill" && count > 0) return true;
  }
  return false;
}

long Group::milliseconds() const {
  char text[200];
  const ssize_t n = cpu_ >= 0 ? pread(cpu_, text, sizeof text - 1, 0) : -1;
  if (n <= 0) return 0;
  text[n] = 0;
  return strncmp(text, "usage_usec ", 11) == 0 ? std::atol(text + 11) / 1000 : std::atol(text) / 1000000;
}
#else
Group::Group(long, long) {}
void Group::leave() {}
bool Group::enter() const { return true; }
bool Group::memory_ran_out() const { return false; }
long Group::milliseconds() const { return 0; }
#endif
