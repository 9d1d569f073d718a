# chapters/13_scaling/events.h 13_scaling_engine_test Flows.EndTogether
s/{ message_left, message_begins, message_arrives, turn_of_rank }/{ turn_of_rank, message_left, message_begins, message_arrives }/
