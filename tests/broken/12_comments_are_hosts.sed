# chapters/12_restart/restarts 12_attempts_test Attempts.GoOnWith*
s/all=$(grep -c '^\[^#\]' "$file")/all=$(grep -c . "$file")/
