# chapters/12_restart/checkpoint_folder.cpp 12_restart_folder_test Folder.OnlyOlder*
s/if (step <= newest && ++kept > keep_)/if (++kept > keep_)/
