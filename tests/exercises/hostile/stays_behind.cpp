// says: it should be | ended before it had an answer | something else wrote the answer
// A process that outlives its parent in a session of its own, and would like to change the answer of the next run.
#include <unistd.h>

#include <fstream>
void weight_gradient(float*, const float*, const float*, int, int, int) {
  if (fork() != 0) return;
  setsid();
  if (fork() != 0) _exit(0);
  for (int i = 0; i < 100; ++i) {
    std::ofstream("answer.0") << "late";
    usleep(100000);
  }
  _exit(0);
}
