# common/mpi_guard/timeline common_scripts_test Timeline.*
s/y = top + rank_of\[i\] \* (lane + gap) + /y = top + 0 * rank_of[i] * (lane + gap) + /
