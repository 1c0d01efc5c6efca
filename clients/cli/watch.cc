#include "clients/cli/watch.h"

#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "clients/cli/interrupt.h"
#include "clients/cpp/subscriber.h"

namespace egi::cli {
namespace {

using egi::realtime::v1::Event;
using egi::realtime::v1::EventKind;

std::string Time(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%E3S", absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos()), absl::UTCTimeZone());
}

std::string OfLot(const std::string& code) { return code.empty() ? "" : absl::StrCat(" lot ", code); }

std::string Payload(const Event& event) {
  switch (event.payload_case()) {
    case Event::kSample: {
      const auto& graded = event.sample();
      return absl::StrFormat("sample %s device %s%s grade %s score %.3f", graded.sample().sample_id(), graded.sample().device_id(),
                             OfLot(graded.code_lot()), graded.result().final_grade(), graded.result().final_score());
    }
    case Event::kMeal: {
      const auto& meal = event.meal().meal();
      return absl::StrFormat("meal   lot %s J%d %s dose %g g%s%s", meal.code_lot(), meal.jour(), meal.moment(), meal.dose_reelle(),
                             meal.has_dose_theorique() ? absl::StrFormat(" of %g g", meal.dose_theorique()) : "",
                             event.meal().corrected() ? " (corrected)" : "");
    }
    case Event::kAlert: {
      const auto& alert = event.alert();
      return absl::StrFormat("alert  %s %s%s%s: %s%s", alert.severity(), alert.alert_type(), OfLot(alert.code_lot()),
                             alert.device_id().empty() ? "" : absl::StrCat(" device ", alert.device_id()), alert.message(),
                             alert.is_acknowledged() ? absl::StrCat(" (acknowledged by ", alert.acknowledged_by(), ")") : "");
    }
    case Event::kDevice:
      return absl::StrFormat("device %s %s, %d waiting", event.device().device_id(), event.device().status(), event.device().buffer_size());
    case Event::kLot:
      return absl::StrFormat("lot    %s %s", event.lot().code_lot(), event.lot().statut());
    case Event::PAYLOAD_NOT_SET:
      break;
  }
  return "event of a kind this egictl does not know";
}

}  // namespace

absl::StatusOr<egi::realtime::v1::SubscribeRequest> ToRequest(const WatchOptions& options) {
  static const auto& kKinds = *new std::map<std::string, EventKind>{{"sample", EventKind::EVENT_KIND_SAMPLE},
                                                                    {"meal", EventKind::EVENT_KIND_MEAL},
                                                                    {"alert", EventKind::EVENT_KIND_ALERT},
                                                                    {"device", EventKind::EVENT_KIND_DEVICE},
                                                                    {"lot", EventKind::EVENT_KIND_LOT}};
  egi::realtime::v1::SubscribeRequest request;
  auto& filter = *request.mutable_filter();
  filter.set_device_id(options.device);
  filter.set_site_code(options.site);
  filter.set_code_lot(options.lot);
  filter.set_gaveur_id(options.gaveur);
  filter.set_min_grade(options.min_grade);
  for (const std::string& kind : options.kinds) {
    const auto found = kKinds.find(kind);
    if (found == kKinds.end()) return absl::InvalidArgumentError(absl::StrCat("kind '", kind, "' is not one of sample, meal, alert, device, lot"));
    filter.add_kinds(found->second);
  }
  request.set_resume_token(options.resume);
  request.set_latest_only(options.latest_only);
  request.set_skip_snapshot(options.no_snapshot);
  return request;
}

std::string Describe(const Event& event) {
  return absl::StrCat(Time(event.commit_time()), event.snapshot() ? " = " : "   ", Payload(event));
}

int RunWatch(const Session& session, const WatchOptions& options) {
  auto request = ToRequest(options);
  if (!request.ok()) return Fail(session, "watch", request.status());
  std::shared_ptr<client::Subscriber> subscriber;
  Mutex mutex;
  bool stop = false;
  const auto end = [&] {
    std::shared_ptr<client::Subscriber> present;
    {
      MutexLock lock(&mutex);
      stop = true;
      present = subscriber;
    }
    if (present != nullptr) present->Stop();
  };
  Interrupt interrupt(end);
  int64_t left = options.count;
  client::SubscriberOptions subscriber_options;
  subscriber_options.server = session.server;
  subscriber_options.request = std::move(*request);
  client::SubscriberCallbacks callbacks;
  callbacks.on_event = [&](const Event& event) {
    if (options.count > 0 && left == 0) return;
    session.out << (session.json ? ToJsonLine(event) : Describe(event)) << std::endl;
    if (options.count > 0 && --left == 0) end();
  };
  callbacks.on_current = [&] {
    if (!session.json) session.err << "-- live --\n";
  };
  callbacks.on_catch_up = [&](int behind) { session.err << "-- " << behind << " events behind, catching up --\n"; };
  callbacks.on_disconnected = [&](const absl::Status& why, absl::Duration delay) {
    session.err << "-- disconnected: " << std::string(why.message()) << "; again in " << absl::FormatDuration(absl::Trunc(delay, absl::Milliseconds(1)))
                << " --\n";
  };
  auto created = client::Subscriber::Create(std::move(subscriber_options), std::move(callbacks));
  if (!created.ok()) return Fail(session, "watch", created.status());
  bool stopped_early;
  {
    MutexLock lock(&mutex);
    subscriber = std::move(*created);
    stopped_early = stop;
  }
  if (stopped_early) subscriber->Stop();
  const absl::Status status = subscriber->Wait();
  const std::string token = subscriber->resume_token();
  if (!token.empty()) session.err << "continue with: egictl watch --resume " << token << "\n";
  return status.ok() ? kOk : Fail(session, "watch", status);
}

}  // namespace egi::cli
