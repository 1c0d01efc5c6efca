#include "server/storage/postgres/alert_event.h"

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "server/analyse/alert_life.h"
#include "server/base/proto_time.h"

#define EGI_EVIDENCE \
  " || jsonb_strip_nulls(jsonb_build_object('last_sample', o.last_sample, 'worst_sample', o.worst_sample, 'worst_observed', o.worst_observed))"
#define EGI_MICROS(expression) "(extract(epoch from " expression ") * 1000000)::bigint"
#define EGI_LIFE                                                                                                        \
  EGI_MICROS("a.shelved_until") ", a.shelved_by, " EGI_MICROS("a.closed_at") ", a.close_reason, greatest(a.occurrences, " \
  "o.occurrences), " EGI_MICROS("greatest(a.last_time, o.last_time)")

namespace egi::storage {

const char kQualityEventColumns[] =
    "a.alert_id, 'SQAL', a.alert_type, a.severity, a.message, a.device_id, a.sample_id, a.site_code, a.code_lot, "
    "l.gaveur_id, (a.data_context" EGI_EVIDENCE ")::text, " EGI_MICROS("a.time")
    ", a.is_acknowledged, a.acknowledged_by, " EGI_LIFE;
const char kQualityEventTables[] =
    "sqal_alerts a LEFT JOIN alert_open o ON o.alert_id = a.alert_id AND o.time = a.time "
    "LEFT JOIN lots_gavage l ON l.id = a.lot_id";

const char kFeedingEventColumns[] =
    "a.id, 'EURALIS', a.type_alerte, replace(a.severite, 'critique', 'critical'), a.message, NULL, NULL, a.site_code, a.code_lot, "
    "a.gaveur_id, (coalesce(a.data_context, '{}')" EGI_EVIDENCE ")::text, " EGI_MICROS("a.time")
    ", a.acquittee, a.acquittee_par, " EGI_LIFE;
const char kFeedingEventTables[] =
    "alertes_euralis a LEFT JOIN alert_open o ON o.alert_id = a.id AND o.time = a.time";

absl::StatusOr<realtime::v1::AlertEvent> ReadAlertEvent(const std::vector<std::string>& columns, absl::Time now) {
  const auto integer = [&columns](int i) {
    int64_t value = 0;
    return absl::SimpleAtoi(columns[i], &value) ? value : 0;
  };
  const auto time = [&](int i) { return absl::FromUnixMicros(integer(i)); };
  realtime::v1::AlertEvent alert;
  alert.set_alert_id(static_cast<int32_t>(integer(0)));
  alert.set_origin(columns[1]);
  alert.set_alert_type(columns[2]);
  alert.set_severity(columns[3]);
  alert.set_message(columns[4]);
  alert.set_device_id(columns[5]);
  alert.set_sample_id(columns[6]);
  alert.set_site_code(columns[7]);
  alert.set_code_lot(columns[8]);
  alert.set_gaveur_id(static_cast<int32_t>(integer(9)));
  if (!google::protobuf::util::JsonStringToMessage(columns[10], alert.mutable_data_context()).ok()) {
    return absl::DataLossError(absl::StrCat("context of alert ", alert.alert_id(), " is no JSON object"));
  }
  ToTimestamp(time(11), alert.mutable_time());
  alert.set_is_acknowledged(columns[12] == "t");
  alert.set_acknowledged_by(columns[13]);
  analyse::AlertLife life;
  life.acknowledged = alert.is_acknowledged();
  if (!columns[14].empty()) life.shelved_until = time(14);
  if (!columns[16].empty()) life.close_reason = columns[17].empty() ? analyse::kBackInRange : columns[17];
  const analyse::AlertState state = analyse::StateOf(life, now);
  alert.set_state(analyse::NameOf(state));
  if (state == analyse::AlertState::kShelved) {
    ToTimestamp(life.shelved_until, alert.mutable_shelved_until());
    alert.set_shelved_by(columns[15]);
  }
  if (state == analyse::AlertState::kClosed) {
    ToTimestamp(time(16), alert.mutable_closed_time());
    alert.set_close_reason(life.close_reason);
  }
  alert.set_occurrences(static_cast<int32_t>(integer(18)));
  if (!columns[19].empty()) ToTimestamp(time(19), alert.mutable_last_time());
  return alert;
}

}  // namespace egi::storage
