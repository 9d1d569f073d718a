# chapters/12_restart/checkpoint_header.cpp 12_restart_checkpoint_test Header.WhatChangesOnly*
s/" device reproducible replicas tensor levels "/" device reproducible replicas tensor "/
