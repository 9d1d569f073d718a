# chapters/11_fewer_bits/messages.cpp 11_fewer_bits_programs_test MessagesProgram.*
s/read_mnist_train(data);/read_mnist_train("build\/data");/
