// Runs a command that nobody vouches for:  sandbox --box DIR [limits] -- COMMAND [ARGUMENTS]
//
//   DIR/in/        what the command is given
//   DIR/scratch/   its working directory; made here, and afterwards holds the files that it left behind
//   DIR/course/    common, chapters, lib: the parts of the repository that everybody may read
//   DIR/output     what it printed
//   DIR/report     how it ended, in one line: `exit 0`, `signal 11` or `wall 20`, then milliseconds of processor time
//
// The command names these by their path from its working directory: ../in/program, ../course/common. It runs under limits:
//
//   --wall SECONDS  --cpu SECONDS (each process)  --memory MiB (each process; 0: none)  --processes N  --disk MiB
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

struct Limits {
  long wall = 20, cpu = 10, memory = 1024, processes = 8, disk = 64;
};

static void limit(int resource, rlim_t value) {
  const rlimit both{value, value};
  setrlimit(resource, &both);
}

int main(int argc, char** argv) {
  Limits limits;
  std::string box;
  int i = 1;
  for (; i + 1 < argc && strcmp(argv[i], "--"); i += 2) {
    const std::string name = argv[i];
    long* value = name == "--wall"        ? &limits.wall
                  : name == "--cpu"       ? &limits.cpu
                  : name == "--address"    ? &limits.memory
                  : name == "--processes" ? &limits.processes
                  : name == "--disk"      ? &limits.disk
                                          : nullptr;
    if (name == "--box")
      box = argv[i + 1];
    else if (value)
      *value = std::atol(argv[i + 1]);
    else
      return 2;
  }
  if (box.empty() || i + 1 >= argc) return 2;
  std::filesystem::create_directory(box + "/scratch");
  const int output =
      open((box + "/output").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    if (chdir((box + "/scratch").c_str())) _exit(127);
    limit(RLIMIT_CPU, rlim_t(limits.cpu));
    limit(RLIMIT_FSIZE, rlim_t(limits.disk) << 20);
    limit(RLIMIT_CORE, 0);
    if (limits.memory) limit(RLIMIT_AS, rlim_t(limits.memory) << 20);
    dup2(open("/dev/null", O_RDONLY), 0);
    dup2(output, 1);
    dup2(output, 2);
    setenv("GUARD_TIMEOUT", "2", 1);
    execvp(argv[i + 1], argv + i + 1);
    _exit(127);
  }
  const std::string report_file = box + "/report";
  int status = 0;
  long waited = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    usleep(1000);
    if (++waited > limits.wall * 1000) {
      kill(-child, SIGKILL);
      waitpid(child, &status, 0);
      break;
    }
  }
  kill(-child, SIGKILL);
  rusage used;
  getrusage(RUSAGE_CHILDREN, &used);
  FILE* report = fopen(report_file.c_str(), "w");
  if (waited > limits.wall * 1000)
    fprintf(report, "wall %ld", limits.wall);
  else if (WIFSIGNALED(status))
    fprintf(report, "signal %d", WTERMSIG(status));
  else
    fprintf(report, "exit %d", WEXITSTATUS(status));
  fprintf(report, " %ld\n",
          used.ru_utime.tv_sec * 1000 + used.ru_utime.tv_usec / 1000 + used.ru_stime.tv_sec * 1000 +
              used.ru_stime.tv_usec / 1000);
  fclose(report);
}
