# chapters/12_restart/checkpoint_writer.cpp 12_restart_folder_test Folder.AStalePartial*
s/  file.cut(.*//
