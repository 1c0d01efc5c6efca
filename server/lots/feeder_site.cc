#include "server/lots/feeder_site.h"

#include "absl/strings/str_cat.h"
#include "server/base/rich_status.h"

namespace egi::lots {

absl::Status CheckFeederSite(int32_t gaveur_id, const std::string& home, const std::string& lot, const std::string& site) {
  if (home.empty() || home == site) return absl::OkStatus();
  const std::string where = lot.empty() ? absl::StrCat("not ", site) : absl::StrCat("lot ", lot, " to ", site);
  return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("gaveur ", gaveur_id, " belongs to site ", home, ", ", where,
                                                                  "; name a feeder of the lot's site")),
                       "GAVEUR_OF_OTHER_SITE", {{"lot", lot}, {"site", site}});
}

}  // namespace egi::lots
