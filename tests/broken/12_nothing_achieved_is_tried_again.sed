# chapters/12_restart/restarts 12_attempts_test Attempts.EndWhere*
s/if \[ "$after" -le "$before" \]/if [ "$after" -lt "$before" ]/
