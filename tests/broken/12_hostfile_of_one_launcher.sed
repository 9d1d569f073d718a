# chapters/12_restart/restarts 12_attempts_test Attempts.GoOnWith*
s/-f | -machinefile | --hostfile) file=/-f | -machinefile) file=/
