# chapters/12_restart/checkpoint_folder.cpp 12_restart_folder_test Folder.ACheckpointIsWritten*
s/int all = !saving();/int all = 1;/
