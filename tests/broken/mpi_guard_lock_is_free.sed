# common/mpi_guard/page.cpp mpi_guard_watch_test Page.*
s/^  pthread_mutex_lock(&mine.alive);/  ;/
