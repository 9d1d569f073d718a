// Runs a command that nobody vouches for:  sandbox --box DIR [limits] -- COMMAND [ARGUMENTS]
//
//   DIR/in/        what the command is given; it cannot write there
//   DIR/scratch/   its working directory; made here, and holds afterwards the plain files that it left there
//   DIR/course/    common, chapters and the built libraries: the parts of the repository that it may read
//   DIR/output     what it printed
//   DIR/report     how it ended, in one line: `exit 0`, `signal 11`, `wall 60`, `cpu 10`, `memory 1024` or `disk 64`, then
//                  milliseconds of processor time
//
// The command names files by their way from its working directory: ../in/program, ../course/common. Limits:
// --wall, --cpu in seconds, --memory, --address, --disk in MiB, --processes, --alone 1; see sandbox.h.
//
// On Linux, where we may make namespaces (as root, or as any user that may make a user namespace), the command sees the
// folders above and the system's programs, read-only: no other file, no other process, no network, and it is another
// user if we are root (namespaces.cpp). Elsewhere the limits hold, but it can read and write what its user can: another
// user than we are, if we are root. `sandbox --says` prints which it is here.
#include "tests/exercises/sandbox.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/shm.h>
#endif
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace fs = std::filesystem;

namespace {

void limit(int resource, rlim_t soft, rlim_t hard) {
  const rlimit both{soft, hard};
  if (setrlimit(resource, &both) != 0) _exit(126);
}

// What compilers, launchers and our own libraries want to know; everything else stays outside.
void keep_environment(const std::string& scratch) {
  const char* given = std::getenv("GUARD_TIMEOUT");
  const std::string patience = given ? given : "3";  // seconds until a standstill of MPI is explained
  const char* const kept[] = {"PATH",
                              "LANG",
                              "MPIEXEC",
                              "MPICH_CXX",
                              "OMPI_CXX",
                              "CUDA_ON_CPU_ORDER",
                              "LD_LIBRARY_PATH",
                              "CUDA_VISIBLE_DEVICES"};
  std::vector<std::string> all;
  for (const char* name : kept)
    if (const char* value = std::getenv(name)) all.push_back(std::string(name) + "=" + value);
  for (char** variable = environ; *variable; ++variable)
    if (strncmp(*variable, "TASK_", 5) == 0) all.push_back(*variable);
  clearenv();
  for (const std::string& variable : all) {
    const size_t equals = variable.find('=');
    setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
  }
  setenv("HOME", scratch.c_str(), 1);
  setenv("TMPDIR", scratch.c_str(), 1);
  setenv("GUARD_TIMEOUT", patience.c_str(), 1);
  setenv("CCACHE_DISABLE", "1", 1);
}

// Processes of this user, where they count towards its limit.
long processes_of(uid_t uid) {
  long count = 0;
  struct stat status;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error))
    if (isdigit((unsigned char)entry.path().filename().c_str()[0]) &&
        stat(entry.path().c_str(), &status) == 0)
      count += status.st_uid == uid;
  return count;
}

// --- Without walls -------------------------------------------------------------------------------------------------------

// As root: a user that nobody is. Every process of this run is then ours to end, and no other.
uid_t strange_user() { return getuid() == 0 ? 0x40000000u + uid_t(getpid()) : getuid(); }

struct Process {
  pid_t pid;
  int parent;
  char state;
  long ticks, pages;
};

std::vector<Process> all_processes() {
  std::vector<Process> all;
  DIR* folder = opendir("/proc");
  if (!folder) return all;
  while (const dirent* entry = readdir(folder)) {
    if (!isdigit((unsigned char)entry->d_name[0])) continue;
    // It may end between opening its file and reading it.
    const int in = open((std::string("/proc/") + entry->d_name + "/stat").c_str(), O_RDONLY | O_CLOEXEC);
    char text[4096];
    const ssize_t n = in >= 0 ? read(in, text, sizeof text - 1) : -1;
    if (in >= 0) close(in);
    if (n <= 0) continue;
    text[n] = 0;
    const char* name_end = strrchr(text, ')');  // the name may contain anything
    Process process{std::atoi(entry->d_name), 0, 'Z', 0, 0};
    long ticks[4];
    // Fields 3, 4, 14 to 17 and 24 of the line; the name is field 2.
    if (!name_end || sscanf(name_end + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld %ld %ld %*d %*d %*d %*d %*u %*u %ld",
                            &process.state, &process.parent, ticks, ticks + 1, ticks + 2, ticks + 3, &process.pages) != 7)
      continue;
    process.ticks = ticks[0] + ticks[1] + ticks[2] + ticks[3];
    all.push_back(process);
  }
  closedir(folder);
  return all;
}

// Living processes whose parent we are.
std::vector<pid_t> children_of_this() {
  std::vector<pid_t> all;
  for (const Process& process : all_processes())
    if (process.parent == getpid() && process.state != 'Z') all.push_back(process.pid);
  return all;
}

std::vector<std::string> names_in(int folder) {
  std::vector<std::string> names;
  DIR* list = fdopendir(openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!list) return names;
  while (const dirent* entry = readdir(list))
    if (const std::string name = entry->d_name; name != "." && name != "..") names.push_back(name);
  closedir(list);
  return names;
}
int open_folder(int at, const char* name) { return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }

// Adds what the files below are on the disk. False where they cannot be counted: too many, too deep, or in a folder that cannot be read.
bool add_files(int at, const char* name, int depth, long& blocks, long& count) {
  const int folder = open_folder(at, name);
  if (folder < 0) return errno == ENOENT;
  bool counted = depth < 40;
  if (counted)
    for (const std::string& inner : names_in(folder)) {
      struct stat status;
      counted = ++count <= most_files;
      if (!counted) break;
      if (fstatat(folder, inner.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      blocks += status.st_blocks;
      counted = !S_ISDIR(status.st_mode) || add_files(folder, inner.c_str(), depth + 1, blocks, count);
      if (!counted) break;
    }
  close(folder);
  return counted;
}

// MiB of the files in a folder, and below; more than anybody may have where they cannot be counted.
long size_of(const fs::path& folder) {
  long blocks = 0, count = 0;
  return add_files(AT_FDCWD, folder.c_str(), 0, blocks, count) ? blocks * 512 >> 20 : LONG_MAX;
}

// Removes what is in a folder (but its plain files, if they are to stay), however deep, whatever its rights: what lies two levels down comes one
// level up first, so that neither names grow too long nor files are open in great number.
void empty(int folder, bool plain_files_stay) {
  long moved = 0;
  for (bool again = true; again;) {
    again = false;
    for (const std::string& name : names_in(folder)) {
      struct stat status;
      if (fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || (plain_files_stay && S_ISREG(status.st_mode))) continue;
      if (unlinkat(folder, name.c_str(), 0) == 0) continue;
      fchmodat(folder, name.c_str(), 0700, 0);
      const int inner = open_folder(folder, name.c_str());
      for (const std::string& deep : names_in(inner)) {
        if (unlinkat(inner, deep.c_str(), 0) == 0) continue;
        fchmodat(inner, deep.c_str(), 0700, 0);
        again |= renameat(inner, deep.c_str(), folder, ("removed " + std::to_string(++moved)).c_str()) == 0;
      }
      close(inner);
      unlinkat(folder, name.c_str(), AT_REMOVEDIR);
    }
  }
}

// Where everybody may write: what the strange user left there goes with it. Nothing of ours does: it is of another user.
const char* const public_folders[] = {"/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock", "/var/lock", "/var/crash", "/tmp/.X11-unix", "/tmp/.ICE-unix"};
bool is_left_by(uid_t uid, const fs::path& path) {
  struct stat status;
  return uid != getuid() && lstat(path.c_str(), &status) == 0 && status.st_uid == uid;
}
void remove_what_was_left(uid_t uid) {
  std::error_code error;
  for (const char* folder : public_folders)
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (!is_left_by(uid, entry.path())) continue;
      if (const int inside = open_folder(AT_FDCWD, entry.path().c_str()); inside >= 0) empty(inside, false), close(inside);
      fs::remove(entry.path(), error);
    }
  if (uid != getuid()) held_in_segments(uid, true);
}
// MiB of it that are memory.
long held_in_memory(uid_t uid) {
  long sum = 0;
  if (uid == getuid()) return 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/dev/shm", error))
    if (struct stat status; is_left_by(uid, entry.path()) && lstat(entry.path().c_str(), &status) == 0) sum += long(status.st_blocks) * 512;
  return (sum >> 20) + held_in_segments(uid);
}

// Ends what the command left running: all processes of the strange user; else its process group, and then, as the
// kernel gives us the orphans of our children (Linux), one generation after another.
void end_all(pid_t command, uid_t uid) {
  kill(-command, SIGKILL);
  if (uid != getuid()) {
    const pid_t reaper = fork();
    if (reaper == 0) {
      if (setuid(uid) == 0) kill(-1, SIGKILL);
      _exit(0);
    }
    waitpid(reaper, nullptr, 0);
    return;
  }
  for (std::vector<pid_t> orphans = children_of_this(); !orphans.empty(); orphans = children_of_this())
    for (pid_t orphan : orphans) {
      kill(orphan, SIGKILL);
      if (orphan != command) waitpid(orphan, nullptr, 0);
    }
}

Ending run_without_walls(const Request& request, int output) {
  const std::string scratch = request.box + "/scratch";
  const uid_t uid = strange_user();
  if (chown(scratch.c_str(), uid, uid) != 0 && uid != getuid()) perror("sandbox: chown");
  // No other strange user, who may run beside this one, looks into the box.
  if (uid != getuid() && (chown(request.box.c_str(), uid_t(-1), uid) != 0 || chmod(request.box.c_str(), 0750) != 0)) perror("sandbox: box");
  const fs::path course = request.box + "/course";
  fs::create_directory(course);
  for (const std::string part : {"common", "chapters"})
    fs::create_directory_symlink(fs::absolute(part), course / part);
  const char* given = std::getenv("B");
  const fs::path build = given ? given : "build";
  fs::create_directories((course / build).parent_path());
  fs::create_directory_symlink(fs::absolute(build), course / build);

#ifdef __linux__
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#endif
  const pid_t command = fork();
  if (command < 0) throw std::runtime_error(std::string("cannot start a process: ") + strerror(errno));
  if (command == 0) become_command(request, scratch, output, uid);
  const auto start = std::chrono::steady_clock::now();
  int status = 0;
  Ending ending;
  for (useconds_t pause = 1000; waitpid(command, &status, WNOHANG) == 0; usleep(pause)) {
    if (pause < 40000) pause += pause / 4;
    const Use use = use_of_descendants();
    if (std::chrono::steady_clock::now() - start > std::chrono::seconds(request.wall)) ending = {"wall", int(request.wall)};
    if (std::max(use.milliseconds, request.group->milliseconds()) > request.cpu * 1000) ending = {"cpu", int(request.cpu)};
    if (use.mebibytes + held_in_memory(uid) > request.memory) ending = {"memory", int(request.memory)};
    if (size_of(scratch) > request.disk) ending = {"disk", int(request.disk)};
    if (ending.how.empty()) continue;
    end_all(command, uid);
    waitpid(command, &status, 0);
    break;
  }
  end_all(command, uid);
  remove_what_was_left(uid);
  chmod(scratch.c_str(), 0755);
  if (ending.how.empty()) ending = ending_of(status, request);
  if (ending.how == "exit" && size_of(scratch) > request.disk) ending = {"disk", int(request.disk)};
  if (const int left = open_folder(AT_FDCWD, scratch.c_str()); left >= 0) empty(left, true), close(left);
  rusage used;
  getrusage(RUSAGE_CHILDREN, &used);
  ending.milliseconds = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000L +
                        (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
  return ending;
}

// The kernel's own limit may have ended a process before we saw how much it has.
void ask_group(const Request& request, Ending& ending) {
  if (request.group->memory_ran_out()) ending = {"memory", int(request.memory), ending.milliseconds};
  ending.milliseconds = std::max(ending.milliseconds, request.group->milliseconds());
}

// --- The command line ----------------------------------------------------------------------------------------------------

bool parse(Request& request, int argc, char** argv) {
  int i = 1;
  for (; i + 1 < argc && strcmp(argv[i], "--") != 0; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    long* number = name == "--wall"        ? &request.wall
                   : name == "--cpu"       ? &request.cpu
                   : name == "--memory"    ? &request.memory
                   : name == "--address"   ? &request.address
                   : name == "--processes" ? &request.processes
                   : name == "--disk"      ? &request.disk
                   : name == "--alone"     ? &request.alone
                                           : nullptr;
    if (number)
      *number = std::atol(value.c_str());
    else if (name == "--box")
      request.box = fs::absolute(value);
    else
      return false;
  }
  for (++i; i < argc; ++i) request.command.push_back(argv[i]);
  const bool complete = !request.box.empty() && !request.command.empty();
  request.command.push_back(nullptr);
  return complete;
}

int open_output(const Request& request) {
  fs::create_directory(request.box + "/scratch");
  return open((request.box + "/output").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
}

// run_behind_walls in a process of its own. Where walls cannot be built, that process is left with a namespace of processes whose first one is
// dead, and can start nothing more.
bool attempt_walls(const Request& request, int output, Ending& ending, std::string& why) {
  int ends[2];
  const bool piped = pipe(ends) == 0;
  const pid_t attempt = piped ? fork() : -1;
  if (attempt < 0) throw std::runtime_error(std::string("cannot start a process: ") + strerror(errno));
  if (attempt == 0) {
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    close(ends[0]);
    std::ostringstream told;
    try {
      if (run_behind_walls(request, output, ending, why)) told << "walls " << ending.how << " " << ending.number << " " << ending.milliseconds;
      else told << "none " << why;
    } catch (const std::exception& error) {
      told << "error " << error.what();
    }
    _exit(write(ends[1], told.str().data(), told.str().size()) == ssize_t(told.str().size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string all;
  char buffer[512];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR);) all.append(buffer, size_t(std::max<ssize_t>(n, 0)));
  close(ends[0]);
  waitpid(attempt, nullptr, 0);
  std::istringstream told(all);
  std::string word;
  told >> word;
  if (word == "walls" && told >> ending.how >> ending.number >> ending.milliseconds) return true;
  std::getline(told >> std::ws, why);
  if (word != "none") throw std::runtime_error(why.empty() ? "it is not known how the command ended" : why);
  return false;
}

// What the sandbox can do here: 0 with walls, 1 without, 2 if a command could not even read what it is given.
int say() {
  const bool forbidding = calls_can_be_forbidden();
  const std::string box = fs::temp_directory_path() / ("sandbox." + std::to_string(getpid()));
  fs::create_directories(box + "/in");
  Request request;
  request.box = box;
  std::string cat = "cat", file = "../course/common/error.h";
  request.command = {cat.data(), file.data(), nullptr};
  const Group group(request.memory, request.processes);
  request.group = &group;
  Ending ending;
  std::string why;
  const char* wanted = std::getenv("SANDBOX_WALLS");
  const int output = open_output(request);
  if (wanted && strcmp(wanted, "no") == 0) why = "SANDBOX_WALLS=no";
  const bool walls = why.empty() && attempt_walls(request, output, ending, why);
  if (!walls) ending = run_without_walls(request, output);
  fs::remove_all(box);
  if (ending.how != "exit" || ending.number != 0) {
    std::cout << "error: handed-in code runs as another user, who cannot read " << fs::current_path().string()
              << "/common: chmod -R a+rX . (and the folders above it)\n";
    return 2;
  }
  const bool other = getuid() == 0;
  if (walls)
    std::cout << "walls: handed-in code sees no files but its own and the system's, no other process, no network";
  else
    std::cout << "no walls (" << why << "): handed-in code runs under limits as " << (other ? "another user" : "this user")
              << ", and can read what that user can read" << (fs::exists("solutions") ? ", solutions too" : "")
              << (other ? "" : "; files that it leaves outside of its folder stay there and are not counted");
  if (!forbidding) std::cout << "; its calls of the system are not limited (no seccomp), memfds are not counted";
  if (group.limits()) std::cout << "; the kernel limits its memory, all kinds of it (a control group)\n";
  else std::cout << "; no control group can be had here: memory in sockets" << (walls ? " is" : " and in deleted files is") << " not counted\n";
  return walls ? 0 : 1;
}

}  // namespace

void become_command(const Request& request, const std::string& scratch, int output, uid_t uid) {
  setsid();
  if (request.group && !request.group->enter()) _exit(126);
  umask(022);
  const int nothing = open("/dev/null", O_RDONLY);
  if (chdir(scratch.c_str()) != 0 || dup2(nothing, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
    _exit(126);
  for (int file = 3; file < 1024; ++file) close(file);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_max = std::min<rlim_t>(files.rlim_max, 1024);  // each socket may hold some memory that nobody counts
  limit(RLIMIT_NOFILE, files.rlim_max, files.rlim_max);
  limit(RLIMIT_CPU, rlim_t(request.cpu), rlim_t(request.cpu) + 1);
  limit(RLIMIT_FSIZE, rlim_t(request.disk) << 20, rlim_t(request.disk) << 20);
  limit(RLIMIT_CORE, 1, 1);  // not 0, which programs that collect cores need not heed
  if (request.address > 0) limit(RLIMIT_AS, rlim_t(request.address) << 20, rlim_t(request.address) << 20);
  const rlim_t processes = rlim_t(request.processes + (uid == getuid() ? processes_of(uid) : 0));
  limit(RLIMIT_NPROC, processes, processes);
  keep_environment(scratch);
  if (uid != getuid() && (setgroups(0, nullptr) != 0 || setgid(uid) != 0 || setuid(uid) != 0)) _exit(126);
#ifdef __linux__
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody would watch it any more
#endif
  forbid_calls(request.alone != 0);
  execvp(request.command[0], request.command.data());
  fprintf(stderr, "%s: %s\n", request.command[0], strerror(errno));
  _exit(127);
}

long held_in_segments(uid_t uid, bool remove) {
  long sum = 0;
  std::ifstream in("/proc/sysvipc/shm");
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    int id = 0;
    unsigned user = 0;
    long bytes = 0;
    if (sscanf(line.c_str(), "%*d %d %*o %*u %*d %*d %*u %*u %*u %u %*u %*u %*u %*u %ld", &id, &user, &bytes) != 3 || user != uid) continue;
    sum += bytes;
#ifdef __linux__
    if (remove) shmctl(id, IPC_RMID, nullptr);
#endif
  }
  return sum >> 20;
}

Use use_of_descendants() {
  const std::vector<Process> all = all_processes();
  std::vector<pid_t> family = {getpid()};
  Use sum;
  for (size_t i = 0; i < family.size(); ++i)
    for (const Process& process : all) {
      if (process.parent != family[i]) continue;
      family.push_back(process.pid);
      sum.milliseconds += process.ticks * 1000 / sysconf(_SC_CLK_TCK);
      sum.mebibytes += process.pages * (sysconf(_SC_PAGESIZE) / 1024) / 1024;
    }
  return sum;
}

Ending ending_of(int status, const Request& request) {
  if (WIFEXITED(status)) return {"exit", WEXITSTATUS(status)};
  if (WTERMSIG(status) == SIGXCPU) return {"cpu", int(request.cpu)};
  return {"signal", WTERMSIG(status)};
}

int main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "--says") == 0) return say();
  Request request;
  if (!parse(request, argc, argv)) {
    std::cerr << "usage: sandbox --box DIR [--wall S] [--cpu S] [--memory MiB] [--address MiB] [--processes "
                 "N] [--disk MiB] -- COMMAND\n";
    return 2;
  }
  const int output = open_output(request);
  const Group group(request.memory, request.processes);
  request.group = &group;
  Ending ending;
  std::string why;
  const char* walls = std::getenv("SANDBOX_WALLS");  // "no": as on a system that has none
  try {
    if ((walls && strcmp(walls, "no") == 0) || !attempt_walls(request, output, ending, why))
      ending = run_without_walls(request, output);
    ask_group(request, ending);
  } catch (const std::exception& error) {
    std::cerr << "sandbox: " << error.what() << "\n";
    return 3;
  }
  std::ofstream report(request.box + "/report");
  report << ending.how << " " << ending.number << " " << ending.milliseconds << "\n";
  return report.flush() ? 0 : 1;
}
