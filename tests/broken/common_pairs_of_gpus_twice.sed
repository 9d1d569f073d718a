# common/doctor.sh common_scripts_test Doctor.*
s/END { print n \/ 2 }/END { print n }/
