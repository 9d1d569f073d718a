# common/mpi_guard/alarm.cpp mpi_guard_watch_test Alarm.ARunWhoseCallsFit*
s/benefit_of_doubt = 6;/benefit_of_doubt = 1;/
