# chapters/06_data_parallel/by_way.sh 06_data_parallel_programs_test ByWay.*
s/^if \[ -n "$why" \].*$//
