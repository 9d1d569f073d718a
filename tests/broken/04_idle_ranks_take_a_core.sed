# chapters/04_point_to_point/message_cost.cpp 04_point_to_point_tables_test EagerLimit.*
s/^  if (rank >= 2) wait_asleep(0, result_tag, comm);//
