# chapters/12_restart/checkpoint_folder.cpp 12_restart_folder_test Folder.IsThatOfTheRanks*
s/folder_(folder), keep_(keep), comm_(comm) {/folder_(folder), keep_(keep), comm_(MPI_COMM_WORLD) {/
