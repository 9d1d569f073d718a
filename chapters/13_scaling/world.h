// The engine behind simulation.h: a stack for each rank, the clocks, and whose turn it is.
//
// Only one rank runs at a time, on a stack of its own (a fiber); it stops where it has to wait, in the middle of an MPI
// function. So there are no locks, no races, and nothing happens in another order the next time.
#pragma once

#include <ucontext.h>

#include <exception>
#include <queue>

#include "chapters/13_scaling/network.h"
#include "chapters/13_scaling/simulation.h"

struct Event {  // of the timeline
  int rank;
  double begin, end;
  const char* kind;  // as common/mpi_guard/timeline knows them
  std::string name;
  int peer = -1;
  double bytes = -1;
};

class World {
 public:
  World(const Cluster& cluster, int ranks, bool traced);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Simulated run(const std::function<void()>& program);

  const Cluster cluster;
  const int ranks;
  Network network;
  std::vector<Event> events;
  const bool traced;

  // All that follows is called by the rank that runs.
  int rank() const { return running_; }
  double now() const { return fibers_[size_t(running_)].clock; }
  RankTime& time() { return fibers_[size_t(running_)].time; }
  void compute(double seconds);
  void wait_until(double moment);  // the clock moves there, if it is not later already

  // Returns when no other rank that can go on has an earlier clock. To be called before anything that others see.
  void take_turn();
  // Lets others run until somebody calls wake for this rank. what: it waits for, for an error.
  void sleep(const std::string& what);
  void wake(int rank, double moment);

  // After an error all ranks are ended: their objects go, and MPI functions do nothing any more.
  bool ending() const { return ending_; }

 private:
  struct Fiber {
    ucontext_t context;
    void* stack = nullptr;
    double clock = 0;
    RankTime time;
    bool done = false, asleep = false;
    std::string waits_for;
  };
  struct Turn {
    double clock;
    int rank;
    bool operator<(const Turn& other) const {  // the queue's top is the largest
      return clock != other.clock ? clock > other.clock : rank > other.rank;
    }
  };
  static void begin_fiber();
  void resume(int rank);
  void leave();  // back to run()
  void end_all();
  std::string who_waits() const;

  std::vector<Fiber> fibers_;
  std::priority_queue<Turn> turns_;
  ucontext_t scheduler_;
  int running_ = -1;
  const std::function<void()>* program_ = nullptr;
  std::exception_ptr failure_;
  bool ending_ = false;
};

// The one that runs. Throws Error if there is none.
World& world();

// What is thrown in ranks that have to end because another one failed.
struct Ended {};

// The beginning of every MPI function that others see: takes its turn, and records in the timeline how long it took.
class CallInWorld {
 public:
  CallInWorld(const char* kind, const char* name, int peer = -1, double bytes = -1);
  ~CallInWorld();

 private:
  const char *kind_, *name_;
  int peer_;
  double bytes_, begin_;
};
