# common/doctor.sh common_setup_test Doctor.FindsNothing*
s/__AVX512F__\/{a=/__AVX512__\/{a=/
