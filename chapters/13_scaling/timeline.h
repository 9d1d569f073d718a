// The timeline of simulated ranks: what they did, and when. `make timeline` draws it.
#pragma once

#include <string>
#include <vector>

class World;

struct Timeline {
  struct Event {
    int rank;
    double begin, end;
    const char* kind;  // as common/mpi_guard/timeline knows them
    std::string name;
    int peer = -1;
    double bytes = -1;
  };
  std::vector<Event> events;

  // Throws Error if the file cannot be written.
  void write(const World& world, const std::string& file) const;
};

// An MPI function that others see: takes its turn, is inside until it returns, and is in the timeline with the time that it took.
class CallInWorld {
 public:
  CallInWorld(const char* kind, const char* name, int peer = -1, double bytes = -1);
  ~CallInWorld();

 private:
  const char *kind_, *name_;
  int peer_;
  double bytes_, begin_;
};
