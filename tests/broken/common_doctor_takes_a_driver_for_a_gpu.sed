# common/doctor.sh common_setup_test Doctor.FindsNoGpu*
s/--format=csv,noheader 2>\/dev\/null) && \[ -n "\$gpus" \]/--format=csv,noheader 2>\/dev\/null)/
