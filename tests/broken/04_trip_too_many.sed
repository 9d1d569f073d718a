# chapters/04_point_to_point/message_cost.cpp 04_point_to_point_tables_test MessageTimes.*
s/trip < trips; ++trip/trip <= trips; ++trip/
