# chapters/04_point_to_point/first.cpp 04_programs_test FirstProgram.*
s/else if (rank == 1) {/else if (rank == 2) {/
