# chapters/04_point_to_point/ring_shift.cpp 04_programs_test Programs.LeaveNothing*
s/MPI_Waitall(2, requests/MPI_Waitall(1, requests/
