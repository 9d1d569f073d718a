# chapters/10_hybrid/checkpoint.cpp 10_hybrid_checkpoint_test Folder.AFullDisk*
/^void write_numbers/,/^}/s/  agree(file.problem(), comm);//
