# chapters/04_point_to_point/message_cost.cpp 04_point_to_point_tables_test EagerLimit.*
s/usleep(useconds_t(2e6 \* patience));/;/
