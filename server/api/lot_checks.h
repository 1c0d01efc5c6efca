// The rules of lots that are opened or imported.
#ifndef EGI_SERVER_API_LOT_CHECKS_H_
#define EGI_SERVER_API_LOT_CHECKS_H_

#include <string>

#include "absl/time/time.h"
#include "egi/feeding/v1/lot.pb.h"
#include "server/api/fields.h"
#include "server/validate/validate.h"

namespace egi::api {

// YYYY-MM-DD, a day that exists.
bool IsDate(const std::string& text);

// Mulard, Barbarie, Pékin or Mixte in any case, with or without accent, in the spelling of the specification; any other text unchanged.
std::string BreedOf(std::string text);
using validate::IsBreed;

// The request under one vocabulary: site_code, nb_canards_initial, debut_lot, duree_prevue, origine. Notes every bad field, and two names of a field that disagree.
// The first day of a lot that a person opens lies at most kFirstDayBack before and kFirstDayAhead after `now`: other years are slips of the finger, old lots come as files.
feeding::v1::CreateLotRequest CheckNewLot(feeding::v1::CreateLotRequest request, absl::Time now, Fields& fields);

// Days. A lot is opened for the birds that are ordered, at most two months before they come.
inline constexpr int kFirstDayAhead = 60;
inline constexpr int kFirstDayBack = 730;

// Notes a first day, YYYY-MM-DD, that is too far ahead of `now`; a text that is no day is left to the other checks.
void CheckNotFarAhead(const std::string& field, const std::string& day, absl::Time now, Fields& fields);

// Notes every bad cell as `lots[LL4801665].ITM`: the lot and the column of the file. No cell of the personal columns is quoted.
void CheckImport(const feeding::v1::ImportLotsRequest& request, Fields& fields);

}  // namespace egi::api

#endif  // EGI_SERVER_API_LOT_CHECKS_H_
