# common/doctor.sh 05_programs_test ReachProgram.IsAskedByTheDoctor
s/MPI_Comm_rank(MPI_COMM_WORLD, &rank);/MPI_Comm_rank(MPI_COMM_SELF, \&rank);/
