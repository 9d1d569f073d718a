# common/mpi_guard/watchdog.cpp common_mpi_guard_test HelperThread.EndsTheJobThat*
/^void end_job_after_death/,/^}/s/^  end_job();/  ;/
