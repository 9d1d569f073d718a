// The walls of the sandbox: Linux namespaces.
//
// The supervisor, outside, keeps the time. Its child is process 1 of a new process namespace: it builds a file system
// that holds nothing but what the command may see, starts the command as a child, looks every few milliseconds at what all
// processes inside use, and hands back the files that were left. When process 1 ends, the kernel ends every process
// inside, wherever it may have hidden; and process 1 ends when the supervisor does.
#include "tests/exercises/sandbox.h"

#ifndef __linux__
bool run_behind_walls(const Request&, int, Ending&, std::string& why) {
  why = "they need Linux";
  return false;
}
#else

#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace fs = std::filesystem;

namespace {

void must(bool worked, const std::string& what) {
  if (!worked) throw std::runtime_error(what + ": " + strerror(errno));
}

void write_file(const char* file, const std::string& text) {
  const int out = open(file, O_WRONLY | O_CLOEXEC);
  const bool worked = out >= 0 && write(out, text.data(), text.size()) == ssize_t(text.size());
  const int error = errno;
  if (out >= 0) close(out);
  errno = error;
  must(worked, file);
}

// --- The file system inside ----------------------------------------------------------------------------------------------

// `from`, with what is mounted below it, appears at `to`, for reading only.
void show(const fs::path& from, const fs::path& to, bool device = false) {
  must(mount(from.c_str(), to.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0, "mount " + from.string());
  if (device) return;
  // mount_setattr: all mounts below, too, in one go. MOUNT_ATTR_RDONLY | NOSUID | NODEV.
  struct {
    uint64_t set, clear, propagation, user;
  } attributes = {1 | 2 | 4, 0, 0, 0};
  constexpr int recursive = 0x8000;  // AT_RECURSIVE
  must(syscall(442, AT_FDCWD, to.c_str(), recursive, &attributes, sizeof attributes) == 0,
       "read-only " + to.string());
}

// An empty file system in memory.
void mount_memory(const fs::path& at, const std::string& options) {
  must(mount("tmpfs", at.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) == 0,
       "tmpfs " + at.string());
}

std::vector<std::string> folders_of_the_system() {
  std::vector<std::string> all = {"/usr",    "/bin", "/sbin", "/lib", "/lib32", "/lib64",
                                  "/libx32", "/etc", "/opt",  "/nix", "/sys"};
  // Compilers elsewhere: SANDBOX_READ=/software/gcc-13:/software/mpich
  std::istringstream more(std::getenv("SANDBOX_READ") ? std::getenv("SANDBOX_READ") : "");
  for (std::string folder; std::getline(more, folder, ':');) all.push_back(folder);
  return all;
}

void show_system(const fs::path& root) {
  for (const fs::path folder : folders_of_the_system()) {
    const fs::path inside = root / folder.relative_path();
    if (fs::is_symlink(folder)) {
      fs::create_symlink(fs::read_symlink(folder), inside);
    } else if (fs::is_directory(folder)) {
      fs::create_directories(inside);
      show(folder, inside);
    }
  }
  fs::create_directories(root / "dev/shm");
  for (const auto& device : fs::directory_iterator("/dev")) {
    const std::string name = device.path().filename();
    if (name != "null" && name != "zero" && name != "random" && name != "urandom" &&
        name.rfind("nvidia", 0) != 0)
      continue;
    if (device.is_directory()) continue;
    std::ofstream(root / "dev" / name);
    show(device.path(), root / "dev" / name, true);
  }
}

// The repository, if it lies in a folder of the system, is covered; what may be read of it stands in the box.
void show_course(const fs::path& root, const fs::path& repository) {
  if (fs::exists(root / repository.relative_path()))
    mount_memory(root / repository.relative_path(), "size=4k");
  const char* build = std::getenv("B");
  for (const std::string& part :
       {std::string("common"), std::string("chapters"), (build ? build : "build") + std::string("/lib")}) {
    if (!fs::is_directory(repository / part)) continue;
    fs::create_directories(root / "box/course" / part);
    show(repository / part, root / "box/course" / part);
  }
}

void build_file_system(const Request& request, uid_t uid) {
  must(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "private mounts");
  const fs::path root = request.box + "/root", repository = fs::current_path();
  mount_memory(root, "size=1m,mode=0755");
  show_system(root);
  for (const char* folder : {"box/in", "box/scratch", "proc"}) fs::create_directories(root / folder);
  show(request.box + "/in", root / "box/in");
  show_course(root, repository);
  const std::string mine = ",mode=0700,uid=" + std::to_string(uid) + ",nr_inodes=" + std::to_string(most_files);
  mount_memory(root / "box/scratch", "size=" + std::to_string(request.disk) + "m" + mine);
  mount_memory(root / "dev/shm", "size=256m" + mine);
  fs::create_symlink("/box/scratch", root / "tmp");
  // Where this is refused (in some containers) the folder stays empty, and memory is limited by --address alone.
  mount("proc", (root / "proc").c_str(), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);

  must(chdir(root.c_str()) == 0 && syscall(SYS_pivot_root, ".", ".") == 0, "pivot_root");
  must(umount2(".", MNT_DETACH) == 0 && chdir("/") == 0, "leaving the old file system");
  must(mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, nullptr) == 0,
       "read-only /");
}

// A network with nobody else in it; MPI's launcher speaks to itself.
void start_loopback() {
  sethostname("localhost", 9);
  ifreq interface = {};
  strcpy(interface.ifr_name, "lo");
  interface.ifr_flags = IFF_UP | IFF_RUNNING;
  const int socket_file = socket(AF_INET, SOCK_DGRAM, 0);
  ioctl(socket_file, SIOCSIFFLAGS, &interface);
  close(socket_file);
}

// --- Process 1 -----------------------------------------------------------------------------------------------------------

// What files in memory hold, in MiB.
long held_by(const char* memory_file_system) {
  struct statvfs all;
  if (statvfs(memory_file_system, &all) != 0) return 0;
  return long((all.f_blocks - all.f_bfree) * all.f_frsize >> 20);
}

// Waits for the command, and for nothing longer than it may take.
Ending watch(pid_t command, const Request& request, uid_t uid) {
  useconds_t pause = 500;
  int status = 0;
  while (true) {
    const pid_t ended = waitpid(-1, &status, WNOHANG);
    if (ended == command) return ending_of(status, request);
    if (ended > 0) continue;  // an orphan
    const Use use = use_of_descendants();
    if (use.mebibytes + held_by("/box/scratch") + held_by("/dev/shm") + held_in_segments(uid) > request.memory) return {"memory", int(request.memory)};
    if (std::max(use.milliseconds, request.group->milliseconds()) > request.cpu * 1000) return {"cpu", int(request.cpu)};
    usleep(pause);
    if (pause < 10000) pause += pause / 4;
  }
}

// The regular files of the scratch folder go where the caller can look at them, at most `room` bytes: a file with holes may be larger
// than all that it was written from.
void hand_back(int folder, int64_t room) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/box/scratch", error)) {
    if (!fs::is_regular_file(entry.symlink_status())) continue;
    const int in = open(entry.path().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    const int out = openat(folder, entry.path().filename().c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0755);
    char buffer[1 << 16];
    for (ssize_t n; in >= 0 && out >= 0 && (n = read(in, buffer, sizeof buffer)) > 0 && (room -= n) >= 0;)
      if (write(out, buffer, size_t(n)) != n) break;
    if (in >= 0) close(in);
    if (out >= 0) close(out);
  }
}

void tell(int pipe, const std::string& text) {
  if (write(pipe, text.data(), text.size()) != ssize_t(text.size())) _exit(1);
}

[[noreturn]] void be_process_1(const Request& request, int output, int pipe, uid_t uid) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int back = open((request.box + "/scratch").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  try {
    must(back >= 0, "scratch");
    must(unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) == 0, "unshare");
    build_file_system(request, uid);
  } catch (const std::exception& error) {
    tell(pipe, std::string("impossible ") + error.what());
    _exit(1);
  }
  start_loopback();
  prctl(PR_SET_DUMPABLE, 0);  // nobody inside reads our files through /proc/1
  tell(pipe, "started ");
  const pid_t command = fork();
  if (command == 0) become_command(request, "/box/scratch", output, uid);
  const Ending ending = watch(command, request, uid);
  kill(-1, SIGKILL);
  while (waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
  }
  hand_back(back, int64_t(request.disk) << 20);
  rusage used;
  getrusage(RUSAGE_CHILDREN, &used);
  const long milliseconds = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000L +
                            (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
  tell(pipe, ending.how + " " + std::to_string(ending.number) + " " + std::to_string(milliseconds));
  _exit(0);
}

// --- The supervisor ------------------------------------------------------------------------------------------------------

// A new namespace for the processes that we start from now on. As root we keep our user, who can mount; else we need a
// user namespace, in which we are ourselves, with rights inside it alone.
bool make_namespaces(std::string& why) {
  const uid_t uid = getuid();
  const gid_t gid = getgid();
  try {
    must(unshare(CLONE_NEWPID | (uid == 0 ? 0 : CLONE_NEWUSER)) == 0, "unshare");
    if (uid == 0) return true;
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", std::to_string(uid) + " " + std::to_string(uid) + " 1");
    write_file("/proc/self/gid_map", std::to_string(gid) + " " + std::to_string(gid) + " 1");
    return true;
  } catch (const std::exception& error) {
    why = error.what();
    return false;
  }
}

// All that process 1 says; less, and `late`, if it takes longer than it may.
std::string listen(int pipe, long seconds, bool& late) {
  const auto start = std::chrono::steady_clock::now();
  std::string all;
  char buffer[512];
  fcntl(pipe, F_SETFL, O_NONBLOCK);
  useconds_t pause = 200;
  while (std::chrono::steady_clock::now() - start < std::chrono::seconds(seconds)) {
    const ssize_t n = read(pipe, buffer, sizeof buffer);
    if (n == 0) return all;
    if (n > 0)
      all.append(buffer, size_t(n));
    else
      usleep(pause = std::min<useconds_t>(pause + pause / 4, 5000));
  }
  late = true;
  return all;
}

}  // namespace

bool run_behind_walls(const Request& request, int output, Ending& ending, std::string& why) {
  const uid_t uid = getuid() == 0 ? 0x40000000u + uid_t(getpid()) : getuid();
  if (!make_namespaces(why)) return false;
  fs::create_directory(request.box + "/root");
  int ends[2];
  must(pipe2(ends, O_CLOEXEC) == 0, "pipe");
  const pid_t first = fork();
  if (first == 0) be_process_1(request, output, ends[1], uid);
  close(ends[1]);
  bool late = false;
  std::istringstream said(listen(ends[0], request.wall, late));
  kill(first, SIGKILL);
  waitpid(first, nullptr, 0);
  close(ends[0]);
  std::error_code ignored;
  fs::remove(request.box + "/root", ignored);

  std::string word;
  said >> word;
  if (word != "started") {
    std::getline(said >> std::ws, why);
    return false;
  }
  if (!(said >> ending.how >> ending.number >> ending.milliseconds)) {
    if (!late) throw std::runtime_error("process 1 ended before it could say how the command ended");
    ending = {"wall", int(request.wall)};
  }
  return true;
}
#endif
