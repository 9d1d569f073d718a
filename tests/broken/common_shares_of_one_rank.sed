# common/mpi_guard/timeline common_scripts_test Timeline.*
s/((end - first) \* ranks))/(end - first))/
