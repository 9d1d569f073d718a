// The engine behind simulation.h: a stack for each rank, the clocks, and what happens next.
//
// Events happen in the order of their moments: a message begins, its last byte leaves, it arrives; a rank goes on. Only one
// rank runs at a time, on a stack of its own (a fiber); it stops where it has to wait, in the middle of an MPI function. So
// there are no locks, no races, and the result is the same the next time.
#pragma once

#include <ucontext.h>

#include <exception>
#include <memory>

#include "chapters/13_scaling/network.h"
#include "chapters/13_scaling/simulation.h"

struct Shown {  // in the timeline
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
  std::vector<Shown> timeline;
  const bool traced;

  Events events;
  Network network;
  // What happens to messages, and that a rank has entered an MPI function: simulated_mpi.cpp says what follows.
  std::function<void(const Event&)> message_event;
  std::function<void(int rank)> rank_entered;
  std::function<std::string(int request)> words_for;  // for an error

  // All that follows is called by the rank that runs.
  int rank() const { return running_; }
  double now() const { return fibers_[size_t(running_)].clock; }
  double now_everywhere() const {
    return now_;
  }  // of the event that happens; a rank's clock may be a little ahead
  RankTime& time() { return fibers_[size_t(running_)].time; }
  void compute(double seconds);
  void spend(double seconds);  // in MPI

  // Returns when everything that happens before this rank's clock has happened. To be called before anything that others see.
  // Throws Ended.
  void take_turn();
  // Between these two the rank is in an MPI function.
  void enter();
  void exit();
  bool is_inside(int rank) const;  // or was there a moment ago, with the same clock
  // Lets others run until somebody calls wake for this rank.
  void sleep(int request);
  void wake(int rank);  // now, if it sleeps

  // After an error all ranks are ended: their objects go, and MPI functions do nothing any more.
  bool ending() const { return ending_; }

 private:
  struct Fiber {
    ucontext_t context;
    void* stack = nullptr;
    double clock = 0;
    RankTime time;
    bool done = false, asleep = false, inside = false;
    double left_mpi = -1;
    int waits_for = -1;  // a request
  };
  static void begin_fiber();
  void resume(int rank);
  void leave();  // back to run()
  void end_all();
  std::string who_waits() const;

  std::vector<Fiber> fibers_;
  double now_ = 0;       // of the last event
  size_t happened_ = 0;  // events
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

// An MPI function that others see: takes its turn, and is in the timeline with the time that it took.
class CallInWorld {
 public:
  CallInWorld(const char* kind, const char* name, int peer = -1, double bytes = -1);
  ~CallInWorld();

 private:
  const char *kind_, *name_;
  int peer_;
  double bytes_, begin_;
};
