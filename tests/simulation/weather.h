// Which faults a run has.
#pragma once

#include "absl/time/time.h"
#include "tests/simulation/dice.h"

namespace omnibus::simulation {

// Nothing in it: a calm day, on which nothing may be delivered twice.
struct Weather {
  absl::Duration least_latency = absl::Microseconds(100);
  absl::Duration most_latency = absl::Milliseconds(1);

  // Connections are lost that often in all, and are back after that long.
  absl::Duration cut_every = absl::InfiniteDuration();
  absl::Duration longest_cut = absl::Seconds(1);
  double cut_publishers = 0;  // of the cuts: none of those that consume
  double unnoticed = 0;       // of the cuts: neither end is told, both find out by themselves

  double refused_publish = 0;  // by the broker, for the moment
  double late_confirm = 0;     // later than many a deadline
  double nacked_publish = 0;
  double blocked_publisher = 0;  // of the cuts: the broker takes nothing from it for that long

  // Processes, on average after that many steps; 0: never.
  int killed_every = 0;            // that handle
  int publisher_killed_every = 0;  // that publish
  absl::Duration consumer_cancelled_every = absl::InfiniteDuration();

  bool calm() const {
    return cut_every == absl::InfiniteDuration() && killed_every == 0 &&
           publisher_killed_every == 0 && refused_publish == 0 && late_confirm == 0 &&
           nacked_publish == 0 && consumer_cancelled_every == absl::InfiniteDuration();
  }
};

Weather DrawWeather(Dice& dice);

}  // namespace omnibus::simulation
