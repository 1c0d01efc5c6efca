// What the requests to shelve an alert have in common.
#ifndef EGI_SERVER_API_SHELF_H_
#define EGI_SERVER_API_SHELF_H_

#include "absl/time/time.h"
#include "server/api/fields.h"

namespace egi::api {

// Checks who and why, and answers the end of the silence: `until`, else `minutes` after `now`.
template <typename Request>
absl::Time EndOfShelf(const Request& request, absl::Time now, Fields& fields) {
  fields.Length("shelved_by", request.shelved_by(), 1, 200);
  fields.Length("reason", request.reason(), 1, 500);
  if (request.has_until()) return fields.Time("until", request.until());
  fields.Check(request.minutes() >= 1 && request.minutes() <= 7 * 24 * 60, "minutes", "must be 1 to 10080, or name until");
  return now + absl::Minutes(request.minutes());
}

}  // namespace egi::api

#endif  // EGI_SERVER_API_SHELF_H_
