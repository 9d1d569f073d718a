# common/mpi_guard/alarm.cpp mpi_guard_watch_test Alarm.ATimeInWhich*
s/awake_ += std::min(time - looked_, longest_nap);/awake_ += time - looked_ + 0 * longest_nap;/
