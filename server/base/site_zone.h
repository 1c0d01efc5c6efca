// The zone whose days are the days of the sites, all of which are in France.
#ifndef EGI_SERVER_BASE_SITE_ZONE_H_
#define EGI_SERVER_BASE_SITE_ZONE_H_

#include "absl/time/time.h"

namespace egi {

// Europe/Paris, from the time zones of the machine (package tzdata).
inline absl::TimeZone SiteZone() {
  static const absl::TimeZone zone = [] {
    absl::TimeZone loaded;
    absl::LoadTimeZone("Europe/Paris", &loaded);
    return loaded;
  }();
  return zone;
}

}  // namespace egi

#endif  // EGI_SERVER_BASE_SITE_ZONE_H_
