# common/doctor.sh common_setup_test Doctor.AsksWhichRanks*
s/common\/mpi\/launch "\$n" "\$program"/common\/mpi\/launch 1 "$program"/
