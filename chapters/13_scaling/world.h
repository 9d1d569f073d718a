// The engine behind simulation.h: a stack for each rank, the clocks, and what happens next.
//
// Events happen in the order of their moments: a message begins, its last byte leaves, it arrives; a rank goes on. Only one
// rank runs at a time, on a stack of its own (a fiber); it stops where it has to wait, in the middle of an MPI function. So
// there are no locks, no races, and the result is the same the next time.
#pragma once

#include <ucontext.h>

#include <exception>

#include "chapters/13_scaling/network.h"
#include "chapters/13_scaling/simulation.h"

struct Timeline;

// What happens to messages, what follows when a rank has entered an MPI function, and what it waits for, in words: messages.cpp.
void message_event(const Event& event);
void rank_entered(int rank);
std::string words_for(int request);

class World {
 public:
  World(const Cluster& cluster, int ranks, Timeline* timeline);  // timeline: may be null
  ~World();
  World(const World&) = delete;

  Simulated run(const std::function<void()>& program);

  const Cluster cluster;
  const int ranks;
  Timeline* const timeline;
  Events events;
  Network network;

  // All that follows is called by the rank that runs.
  int rank() const { return running_; }
  double now() const { return fibers_[size_t(running_)].time.seconds; }
  double now_everywhere() const { return now_; }  // of the event that happens; a rank's clock may be a little ahead
  RankTime& time() { return fibers_[size_t(running_)].time; }
  void compute(double seconds) { time().seconds += seconds, time().computing += seconds; }
  void spend(double seconds) { time().seconds += seconds, time().waiting += seconds; }  // in MPI

  // Returns when everything that happens before this rank's clock has happened. To be called before anything that others see.
  // Throws Ended.
  void take_turn();
  // Between these two the rank is in an MPI function.
  void enter() { fibers_[size_t(running_)].inside_until = 1e300, rank_entered(running_); }
  void exit() { fibers_[size_t(running_)].inside_until = now(); }
  bool is_inside(int rank) const { return fibers_[size_t(rank)].inside_until >= now_; }
  // Lets others run until somebody wakes this rank for the same request.
  void sleep(int request);
  void wake(int rank, int request);  // now, if it sleeps for that

  // After an error all ranks are ended: their objects go, and MPI functions do nothing any more.
  bool ending() const { return ending_; }

 private:
  struct Fiber {
    ucontext_t context;
    void* stack = nullptr;
    RankTime time;             // its seconds are the clock
    double inside_until = -1;  // of MPI
    int waits_for = -1;        // a request; -1: awake
    bool done = false;
  };
  static void begin_fiber();
  void resume(int rank);
  void leave();  // back to run()
  std::string who_waits() const;

  std::vector<Fiber> fibers_;
  double now_ = 0;       // of the last event
  size_t happened_ = 0;  // events
  ucontext_t scheduler_{};
  const void* scheduler_stack_ = nullptr;  // for a sanitizer
  size_t scheduler_stack_bytes_ = 0;
  int running_ = -1;
  const std::function<void()>* program_ = nullptr;
  std::exception_ptr failure_;
  bool ending_ = false;
};

// The one that runs. Throws Error if there is none.
World& world();

// What is thrown in ranks that have to end because another one failed.
struct Ended {};
