# chapters/12_restart/checkpoint.cpp 12_restart_checkpoint_test Folder.AtAnyPlace*
s/disk.flush_folder(opened);/;/
