# chapters/01_serial/peers.py 01_programs_test Peers.*
s/len(order) - BATCH + 1, BATCH/len(order), BATCH/
