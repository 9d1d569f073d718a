# chapters/05_collectives/messages.cpp 05_collectives_test LongVectors.*
s/in_length ? in + begin : nullptr/in_length ? in : nullptr/
