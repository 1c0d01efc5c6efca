// What people decide about an alert, the same for both kinds of alerts.
#ifndef EGI_SERVER_API_ALERT_DECISIONS_H_
#define EGI_SERVER_API_ALERT_DECISIONS_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/analyse/alert_life.h"
#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/storage/write/alert_store.h"

namespace egi::api {

// The alert a request names, and the field that names it.
struct NamedAlert {
  storage::write::AlertOriginKind origin;
  const char* field;
  int32_t id;

  void CheckId(Fields& fields) const { fields.Check(id > 0, field, "must be > 0"); }
};

// End of the silence: `until`, else `minutes` after `now`.
template <typename Request>
absl::Time EndOfShelf(const Request& request, absl::Time now, Fields& fields) {
  if (request.has_until()) {
    const absl::Time until = fields.Time("until", request.until());
    fields.Check(until > now && until <= now + analyse::kLongestShelf, "until", "must lie ahead, at most 7 days");
    return until;
  }
  fields.Check(request.minutes() >= 1 && request.minutes() <= absl::ToInt64Minutes(analyse::kLongestShelf), "minutes",
               "must be 1 to 10080, or name until");
  return now + absl::Minutes(request.minutes());
}

// Errors: INVALID_ARGUMENT with every bad field, and those of AlertStore::Shelve. The id of the response is left to the caller.
template <typename Request, typename Response>
absl::Status Shelve(storage::write::AlertStore& store, const NamedAlert& alert, absl::Time now, const Request& request,
                    Response* response) {
  Fields fields;
  alert.CheckId(fields);
  fields.Text("shelved_by", request.shelved_by(), 1, 200);
  fields.Text("reason", request.reason(), 1, 500);
  const absl::Time until = EndOfShelf(request, now, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (absl::Status failed = store.Shelve(alert.origin, alert.id, request.shelved_by(), request.reason(), until, now); !failed.ok()) {
    return failed;
  }
  response->set_state("shelved");
  ToTimestamp(until, response->mutable_shelved_until());
  return absl::OkStatus();
}

// Errors as Shelve.
template <typename Request, typename Response>
absl::Status Unshelve(storage::write::AlertStore& store, const NamedAlert& alert, absl::Time now, const Request& request,
                      Response* response) {
  Fields fields;
  alert.CheckId(fields);
  fields.Text("unshelved_by", request.unshelved_by(), 1, 200);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto state = store.Unshelve(alert.origin, alert.id, request.unshelved_by(), now);
  if (!state.ok()) return state.status();
  response->set_state(*std::move(state));
  return absl::OkStatus();
}

}  // namespace egi::api

#endif  // EGI_SERVER_API_ALERT_DECISIONS_H_
