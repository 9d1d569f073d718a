# chapters/12_restart/checkpoint_writer.cpp 12_restart_checkpoint_test Folder.AtAnyPlace*
s/disk.flush_folder(opened);/;/
