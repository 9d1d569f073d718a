# chapters/12_restart/checkpoint.cpp 12_restart_checkpoint_test Folder.AtAnyPlace*
/^void write_numbers/,/^}/s/  file.flush();//
