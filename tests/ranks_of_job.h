// The processes of a job that a test has started, for the shell that is to send one of them a signal.
#pragma once

#include <string>

// Shell: a list of the ranks' processes. program: as it was started; mark: an option of this test's own, so that nobody else's are found.
// Each rank has a child of the guard's, which looks the same: ranks are those whose parent does not. (Numbers of processes say nothing: they
// begin again at 32768.)
inline std::string ranks_of_job(const std::string& program, const std::string& mark) {
  return "pgrep -d, -f '^" + program + " .*" + mark + "' | xargs ps -o pid=,ppid= -p | "
         "awk '{ parent[$1] = $2 } END { for (p in parent) if (!(parent[p] in parent)) print p }'";
}
