# chapters/12_restart/checkpoint_header.cpp 12_restart_precision_test Restart.GoesOnWithItsMessages
s/{"precision", "messages"}/{"precision"}/
