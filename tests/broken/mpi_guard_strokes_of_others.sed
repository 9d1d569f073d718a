# common/mpi_guard/timeline common_scripts_test Timeline.*
s/slot = rank_of\[i\] "," kind\[i\] "," int/slot = kind[i] "," int/
