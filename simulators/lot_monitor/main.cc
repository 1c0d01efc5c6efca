// lot-monitor: watches the queue of finished lots and has a station measure livers of each.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "egi/quality/v1/inspection.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "simulators/lot_monitor/inspector.h"
#include "simulators/lot_monitor/monitor.h"
#include "simulators/lot_monitor/queue_watch.h"
#include "simulators/program/program.h"

ABSL_FLAG(std::string, server, "127.0.0.1:50051", "HOST:PORT of the server");
ABSL_FLAG(double, polling_interval, 60, "seconds between two looks at the queue, 0.1 to 3600; between them the live feed tells of finished lots");
ABSL_FLAG(int, samples_per_lot, 5, "livers measured per lot, 1 to 1000");
ABSL_FLAG(double, samples_per_sqrt_bird, 0, "livers per square root of the birds of a lot, up to 100; replaces --samples-per-lot where the birds are known, 0 = off");
ABSL_FLAG(uint64_t, seed, 1, "seed of the livers; a lot measured twice gives the same samples");
ABSL_FLAG(std::string, owner, "", "name of this inspector in the leases; default: lot-monitor-HOST-PID");
ABSL_FLAG(int, lease_seconds, 60, "how long a lot is reserved, renewed while it is inspected, 5 to 3600");
ABSL_FLAG(bool, once, false, "inspect what is waiting now, then end");

namespace egi::lot_monitor {
namespace {

constexpr absl::Duration kSendTimeout = absl::Seconds(30);
constexpr absl::Duration kLookForNews = absl::Milliseconds(200);

absl::Status CheckFlags() {
  std::string bad;
  const double interval = absl::GetFlag(FLAGS_polling_interval);
  if (!(interval >= 0.1 && interval <= 3600)) absl::StrAppend(&bad, "--polling-interval is ", interval, "; give 0.1 to 3600 seconds. ");
  const int samples = absl::GetFlag(FLAGS_samples_per_lot);
  if (samples < 1 || samples > 1000) absl::StrAppend(&bad, "--samples-per-lot is ", samples, "; give 1 to 1000. ");
  const int lease = absl::GetFlag(FLAGS_lease_seconds);
  if (lease < 5 || lease > 3600) absl::StrAppend(&bad, "--lease-seconds is ", lease, "; give 5 to 3600. ");
  const double per_sqrt_bird = absl::GetFlag(FLAGS_samples_per_sqrt_bird);
  if (!(per_sqrt_bird >= 0 && per_sqrt_bird <= 100)) absl::StrAppend(&bad, "--samples-per-sqrt-bird is ", per_sqrt_bird, "; give 0 to 100. ");
  return bad.empty() ? absl::OkStatus() : absl::InvalidArgumentError(bad);
}

std::string Owner() {
  if (const std::string owner = absl::GetFlag(FLAGS_owner); !owner.empty()) return owner;
  char host[65] = "";
  gethostname(host, sizeof(host) - 1);
  return absl::StrCat("lot-monitor-", host, "-", getpid());
}

// Waits for a lot to come, at most the polling interval. True when a signal came.
bool WaitForWork(program::StopSignal& stop, QueueWatch& watch) {
  const absl::Time end = absl::Now() + absl::Seconds(absl::GetFlag(FLAGS_polling_interval));
  while (absl::Now() < end && !watch.Take()) {
    if (stop.WaitFor(std::min(end - absl::Now(), kLookForNews))) return true;
  }
  return stop.WaitFor(absl::ZeroDuration());
}

}  // namespace

absl::Status Run(program::StopSignal& stop) {
  if (absl::Status status = CheckFlags(); !status.ok()) return status;
  const std::string owner = Owner();
  const std::string server = absl::GetFlag(FLAGS_server);
  const int lease_seconds = absl::GetFlag(FLAGS_lease_seconds);
  absl::StatusOr<Inspector> inspector =
      Inspector::Create({.server = server, .owner = owner, .seed = absl::GetFlag(FLAGS_seed), .send_timeout = std::max(kSendTimeout, absl::Seconds(lease_seconds) / 2)});
  if (!inspector.ok()) return inspector.status();
  absl::StatusOr<std::unique_ptr<QueueWatch>> watch = QueueWatch::Create(server);
  if (!watch.ok()) return watch.status();
  Monitor monitor({.owner = owner,
                   .sampling = {.per_lot = absl::GetFlag(FLAGS_samples_per_lot), .per_sqrt_bird = absl::GetFlag(FLAGS_samples_per_sqrt_bird)},
                   .lease_seconds = lease_seconds,
                   .stopping = [&stop] { return stop.WaitFor(absl::ZeroDuration()); }},
                  quality::v1::InspectionService::NewStub(grpc::CreateChannel(server, grpc::InsecureChannelCredentials())),
                  [&inspector](const quality::v1::PendingLot& lot, const std::string& profile, int samples) { return inspector->Inspect(lot, profile, samples); });
  for (;;) {
    const absl::StatusOr<int> completed = monitor.RunOnce();
    if (!completed.ok()) {
      if (absl::GetFlag(FLAGS_once) || !(absl::IsUnavailable(completed.status()) || absl::IsDeadlineExceeded(completed.status()))) return completed.status();
      fprintf(stderr, "lot-monitor: waiting for the server at %s: %s\n", server.c_str(), std::string(completed.status().message()).c_str());
    }
    if (completed.ok() && *completed > 0) {  // there may be more
      if (stop.WaitFor(absl::ZeroDuration())) return absl::OkStatus();
      continue;
    }
    if (absl::GetFlag(FLAGS_once) || WaitForWork(stop, **watch)) return absl::OkStatus();
  }
}

}  // namespace egi::lot_monitor

int main(int argc, char** argv) {
  return egi::program::Main("lot-monitor", "Inspects finished lots: claims them, measures livers, reports. --help lists the options.", argc, argv, egi::lot_monitor::Run);
}
