# chapters/12_restart/agree.cpp 12_restart_folder_test Folder.IsThatOfTheRanks*
s/: rank_of(comm), first = 0;/: rank_of(MPI_COMM_WORLD), first = 0;/
