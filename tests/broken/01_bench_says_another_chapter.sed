# chapters/01_serial/bench.cpp 01_programs_test Programs.HelpNames*
s/training step of chapter 01 on one core/training step of chapter 02 on one core/
