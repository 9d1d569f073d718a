# chapters/12_restart/restarts 12_attempts_test Attempts.EndWithASignal*
s/ || \[ "$status" -eq 75 \] || / || /
