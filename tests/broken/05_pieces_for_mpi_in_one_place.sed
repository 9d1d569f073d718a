# chapters/05_collectives/allreduce.cpp 05_collectives_test LongVectors.AreGiven*
s/: data + begin, result + begin,/: data + begin, result,/
