# common/doctor.sh common_setup_test Doctor.*
s/END { print n \/ 2 }/END { print n }/
