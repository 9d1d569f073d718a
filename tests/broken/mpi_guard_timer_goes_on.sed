# common/mpi_guard/wait.cpp common_mpi_guard_test Planted/Guard.ExplainsPoliteRanks/busy_machine
s|^    sched_yield();$|    if (armed_timers > 0) static_cast<Timer*>(info->si_value.sival_ptr)->set(period_ns); sched_yield(); return;|
