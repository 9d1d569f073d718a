# chapters/12_restart/checkpoint.cpp 12_restart_numbers_test Checkpoint.CountsWhat*
s/std::sqrt(squares \/ double(finite)), zeros, part.numbers.size() - finite);/std::sqrt(squares \/ double(finite)), part.numbers.size() - finite, zeros);/
