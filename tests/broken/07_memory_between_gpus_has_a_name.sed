# common/cuda_on_cpu/ipc.cpp 07_programs_test *AKilledRank*
s|^  const int file = memfd_create.*|  static int number; const int file = open(format("/dev/shm/cuda_on_cpu_%d_%d", getpid(), number++).c_str(), O_RDWR \| O_CREAT \| O_CLOEXEC, 0600);|
