# chapters/01_serial/live.cpp 01_serial_live_test LiveTraining.HasTheBits*
s/ || now->losses().size() > steps) {/) {/
