# chapters/12_restart/restarts 12_attempts_test Attempts.GoOnWith*
s/no process starts on ${host%%:\*}"/no process starts on ${host#*:}"/
