# chapters/12_restart/checkpoint.cpp 12_restart_checkpoint_test Folder.AStalePartial*
s/  if (names) disk.remove(partial.c_str());  .. an earlier.*//
