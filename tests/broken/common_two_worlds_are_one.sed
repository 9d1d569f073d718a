# common/doctor.sh common_setup_test Doctor.*
s/grep -c 'rank 0 of 1' "$work\/ranks")" -eq 2/grep -c 'rank 0 of 1' "$work\/ranks")" -eq 3/
