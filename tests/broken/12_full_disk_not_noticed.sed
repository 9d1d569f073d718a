# chapters/12_restart/checkpoint_writer.cpp 12_restart_folder_test Folder.AFullDisk*
s/if (problem.empty()) problem = told.problem;/;/
