# chapters/05_collectives/curves.cpp 05_programs_test CurvesProgram.AddsWhatItIsToldTo
s/(beta + gamma) \* 1e-9/beta * 1e-9/
