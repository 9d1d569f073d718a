# common/doctor.sh common_setup_test Doctor.MissesACompiler
s/else bad "no C++ compiler" "sh common\/setup.sh"/else note "no C++ compiler"/
