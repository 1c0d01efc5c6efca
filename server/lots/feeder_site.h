// A feeder works at one site (domain.md section 3). Pure.
#ifndef EGI_SERVER_LOTS_FEEDER_SITE_H_
#define EGI_SERVER_LOTS_FEEDER_SITE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace egi::lots {

// Whether a feeder whose site is `home` (empty = not known yet: he takes that of his first lot) may have a lot of site `site`; `lot` is its code, empty when it has
// none yet. Errors: FAILED_PRECONDITION (GAVEUR_OF_OTHER_SITE) naming both sites.
absl::Status CheckFeederSite(int32_t gaveur_id, const std::string& home, const std::string& lot, const std::string& site);

}  // namespace egi::lots

#endif  // EGI_SERVER_LOTS_FEEDER_SITE_H_
