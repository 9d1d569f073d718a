# chapters/12_restart/checkpoint_writer.cpp 12_restart_folder_test Folder.AtAnyPlace*
s/disk.flush_folder(opened);/;/
