# chapters/12_restart/checkpoint.cpp 12_restart_checkpoint_test Folder.AFullDisk*
/^void write_numbers/,/^}/s/  agree(file.problem(), comm);//
