// says: it should be
// walls only: without them, the network is there
#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
void weight_gradient(float*, const float*, const float*, int, int, int) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  inet_pton(AF_INET, "192.0.2.1", &address.sin_addr);  // an address for documentation: nobody answers
  const int file = socket(AF_INET, SOCK_DGRAM, 0);
  if (connect(file, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
    abort();  // a way out was found
}
