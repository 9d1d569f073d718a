// Calls of the system that handed-in code has no use for, and that would lead out of its limits: memory that belongs to no
// process (memfd, queues, keyrings), namespaces and mounts, and looking into other processes. The table holds for all
// processes inside and cannot be taken off. What compilers, MPI's launcher and MPI's ranks need is left: MPICH's ranks copy
// from one another by process_vm_readv and process_vm_writev, and share System V segments, which are counted (sandbox.cpp).
#include "tests/exercises/sandbox.h"

#ifdef __linux__
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <vector>
#endif

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
namespace {

#ifdef __x86_64__
constexpr unsigned architecture = AUDIT_ARCH_X86_64;
#else
constexpr unsigned architecture = AUDIT_ARCH_AARCH64;
#endif

// These end with "not permitted". Numbers from 400 on are the same on every architecture; older headers lack their names.
const unsigned forbidden[] = {
    SYS_memfd_create, 447,                                                                       // memfd_secret
    SYS_msgget, SYS_semget, SYS_mq_open,                                                         // queues outlive processes
    SYS_add_key, SYS_request_key, SYS_keyctl,                                                    //
    SYS_unshare, SYS_setns, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot,                  //
    428, 429, 430, 431, 432, 433, 442,                                                           // open_tree ... mount_setattr
    SYS_ptrace, 434, 438, SYS_kcmp, SYS_perf_event_open, SYS_bpf,         // pidfd_open, pidfd_getfd
    SYS_userfaultfd, 425, 426, 427,                                                              // io_uring
    SYS_name_to_handle_at, SYS_open_by_handle_at, SYS_vmsplice,                                  //
    SYS_reboot, SYS_swapon, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_syslog,
};

constexpr unsigned namespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
                                0x02000000 /* CLONE_NEWCGROUP */;

sock_filter load(size_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, unsigned(offset)); }
sock_filter end_with(unsigned action) { return BPF_STMT(BPF_RET | BPF_K, action); }
unsigned error(int number) { return SECCOMP_RET_ERRNO | unsigned(number); }

}  // namespace

bool forbid_calls(bool alone) {
  std::vector<sock_filter> program;
  // Skips the next instruction unless the word is the value.
  const auto if_equal = [&](unsigned value) { program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1)); };
  // A call by the numbers of another architecture would be another call.
  program.push_back(load(offsetof(seccomp_data, arch)));
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0));
  program.push_back(end_with(SECCOMP_RET_KILL_PROCESS));
  program.push_back(load(offsetof(seccomp_data, nr)));
#ifdef __x86_64__
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1));  // x32
  program.push_back(end_with(SECCOMP_RET_KILL_PROCESS));
#endif
  for (const unsigned number : forbidden) {
    if_equal(number);
    program.push_back(end_with(error(EPERM)));
  }
  // The flags of clone3 lie in memory, where a filter cannot look. Without it the C library takes clone, whose flags can be seen.
  if_equal(435);
  program.push_back(end_with(error(ENOSYS)));
#ifdef __x86_64__
  for (const unsigned number : {SYS_fork, SYS_vfork})
    if (alone) {
      if_equal(number);
      program.push_back(end_with(error(EPERM)));
    }
#endif
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4));
  program.push_back(load(offsetof(seccomp_data, args[0])));
  if (alone)  // threads only
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0));
  else
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, namespaces, 0, 1));
  program.push_back(end_with(error(EPERM)));
  program.push_back(end_with(SECCOMP_RET_ALLOW));
  program.push_back(end_with(SECCOMP_RET_ALLOW));
  const sock_fprog all = {(unsigned short)(program.size()), program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all) == 0;
}

bool calls_can_be_forbidden() {
  const pid_t child = fork();
  if (child == 0) _exit(forbid_calls(false) ? 0 : 1);
  int status = 1;
  return waitpid(child, &status, 0) == child && status == 0;
}
#else
bool forbid_calls(bool) { return false; }
bool calls_can_be_forbidden() { return false; }
#endif
