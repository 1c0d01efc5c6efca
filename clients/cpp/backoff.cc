#include "clients/cpp/backoff.h"

#include <algorithm>
#include <utility>

namespace egi::client {

Backoff::Backoff(Options options, std::function<double()> random)
    : options_(options), random_(std::move(random)), ceiling_(options.initial) {}

absl::Duration Backoff::Next(absl::Duration at_least) {
  const absl::Duration delay = ceiling_ / 2 + ceiling_ / 2 * random_();
  ceiling_ = std::min(options_.max, ceiling_ * 2);
  return std::max(delay, at_least);
}

}  // namespace egi::client
