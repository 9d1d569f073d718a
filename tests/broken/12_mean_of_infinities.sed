# chapters/12_restart/checkpoint.cpp 12_restart_numbers_test Checkpoint.CountsWhat*
s/^        if (!std::isfinite(x)) continue;$//
