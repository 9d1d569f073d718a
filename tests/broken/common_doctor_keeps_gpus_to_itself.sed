# common/doctor.sh common_setup_test Doctor.LooksAtGpus*
s/ok "GPU: \$gpus"/ok "GPU"/
