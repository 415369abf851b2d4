#include "tests/simulation/weather.h"

namespace omnibus::simulation {

Weather DrawWeather(Dice& dice) {
  Weather weather;
  if (dice.Chance(0.5))
    weather.most_latency = dice.Between(absl::Milliseconds(1), absl::Milliseconds(50));
  if (dice.Chance(0.25)) return weather;
  if (dice.Chance(0.7)) {
    weather.cut_every = dice.Between(absl::Milliseconds(200), absl::Seconds(5));
    weather.longest_cut = dice.Chance(0.5) ? absl::Milliseconds(500) : absl::Seconds(12);
    if (dice.Chance(0.5)) weather.unnoticed = 0.5;
    if (dice.Chance(0.5)) weather.cut_publishers = 0.7;
    if (dice.Chance(0.3)) weather.blocked_publisher = 0.3;
  }
  if (dice.Chance(0.5)) weather.killed_every = static_cast<int>(dice.Between(50, 1000));
  if (dice.Chance(0.4)) weather.publisher_killed_every = static_cast<int>(dice.Between(10, 60));
  if (dice.Chance(0.3)) weather.refused_publish = 0.05;
  if (dice.Chance(0.3)) weather.late_confirm = 0.03;
  if (dice.Chance(0.3)) weather.nacked_publish = 0.05;
  if (dice.Chance(0.3)) {
    weather.consumer_cancelled_every = dice.Between(absl::Milliseconds(300), absl::Seconds(8));
  }
  return weather;
}

}  // namespace omnibus::simulation
