# tests/run common_runner_test Runner.*
s/|| { passed=0 failed=1 skipped=0; echo "    = $1 ended/|| { passed=0 failed=0 skipped=0; echo "    = $1 ended/
