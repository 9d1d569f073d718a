// The parts of the sandbox: what it is asked for (sandbox.cpp), and the walls (namespaces.cpp).
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

// A control group, or nothing where none can be had (cgroup.cpp).
class Group {
 public:
  Group(long mebibytes, long processes);
  ~Group() { leave(); }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  bool limits() const { return !memory_.empty(); }
  bool enter() const;  // this process, and all that it will start
  bool memory_ran_out() const;
  long milliseconds() const;  // of processor time, of all that went in; 0 where it is not known

 private:
  bool make(const std::filesystem::path& parent, const std::vector<std::string>& needs);
  void leave();
  std::vector<std::filesystem::path> folders_;
  std::filesystem::path memory_;
  std::vector<int> doors_;
  int cpu_ = -1;
};

struct Request {
  std::string box;
  const Group* group = nullptr;
  std::vector<char*> command;  // ends with a null pointer
  long wall = 60, cpu = 10;    // seconds
  long memory = 1024;          // MiB, of all processes together, looked at every few milliseconds
  long address = 4096;         // MiB of address space of each process; 0: no limit
  long processes = 64;         // at a time; a rank has four: itself, two threads, and the guard's witness
  long disk = 64;              // MiB of a file, and of the whole scratch folder
  long alone = 0;              // 1: it may start threads, but no process
};

// Of all that the command may leave. A name costs memory, too.
constexpr long most_files = 4000;

// How the command ended: `exit 0`, `signal 11`, `wall 60`, `cpu 10`, `memory 1024` or `disk 64`.
struct Ending {
  std::string how;
  int number = 0;
  long milliseconds = 0;  // of processor time, of all its processes
};

// Runs in the last process before the command: limits, its own session, no files but stdin, stdout and stderr, a small
// environment; then becomes the command, as user `uid`. Never returns.
[[noreturn]] void become_command(const Request& request, const std::string& scratch, int output, uid_t uid);

// What all processes that stem from this one use now. Processor time of those that ended is counted where somebody waited for them.
struct Use {
  long milliseconds = 0, mebibytes = 0;
};
Use use_of_descendants();

// MiB of the shared segments of System V that the user made; they belong to no process. The kernel shows those of our namespace.
long held_in_segments(uid_t uid, bool remove = false);

// seccomp.cpp: forbids this process and those that it starts the calls of the system that lead out of the limits; alone: also
// to start a process. False where the system cannot do that.
bool forbid_calls(bool alone);
bool calls_can_be_forbidden();

// How the process that was waited for ended.
Ending ending_of(int status, const Request& request);

// Behind walls: the command sees the box, the system's programs and nothing else. `output` is where it prints.
// False, with the reason in `why`, where the system does not allow it; nothing has been started then.  Throws
// std::runtime_error if it is not known how the command ended.
bool run_behind_walls(const Request& request, int output, Ending& ending, std::string& why);
