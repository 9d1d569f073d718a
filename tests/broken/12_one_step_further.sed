# chapters/12_restart/restarts 12_attempts_test Attempts.EndWhere*
s/\$((after - (before > 0 ? before : 0)))/$((after - before))/
