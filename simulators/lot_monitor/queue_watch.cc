#include "simulators/lot_monitor/queue_watch.h"

#include <utility>

namespace egi::lot_monitor {

absl::StatusOr<std::unique_ptr<QueueWatch>> QueueWatch::Create(const std::string& server) {
  auto watch = std::unique_ptr<QueueWatch>(new QueueWatch);
  client::SubscriberOptions options;
  options.server = server;
  options.request.mutable_filter()->add_kinds(realtime::v1::EVENT_KIND_LOT);
  options.request.set_skip_snapshot(true);
  client::SubscriberCallbacks callbacks;
  callbacks.on_event = [&came = watch->came_](const realtime::v1::Event& event) {
    const std::string& state = event.lot().statut();
    if (state == "termine" || state == "pending") came = true;
  };
  // What happened while nobody listened is in the queue.
  callbacks.on_current = [&came = watch->came_] { came = true; };
  absl::StatusOr<std::unique_ptr<client::Subscriber>> subscriber = client::Subscriber::Create(std::move(options), std::move(callbacks));
  if (!subscriber.ok()) return subscriber.status();
  watch->subscriber_ = *std::move(subscriber);
  return watch;
}

}  // namespace egi::lot_monitor
