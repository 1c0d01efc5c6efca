#include "simulators/lot_monitor/subject.h"

namespace egi::lot_monitor {
namespace {

constexpr double kCampaignItm = 14.97;  // kg of corn per kg of liver

}  // namespace

station::LotUnderInspection SubjectOf(const feeding::v1::Lot& lot) {
  station::LotUnderInspection subject{.code_lot = lot.code_lot()};
  const double itm = lot.has_itm() && lot.itm().value() > 0 ? lot.itm().value() : kCampaignItm;
  if (lot.has_total_corn_real()) subject.expected_liver_mass_g = lot.total_corn_real().value() / itm;
  if (lot.has_sigma()) subject.sigma = lot.sigma().value();
  return subject;
}

}  // namespace egi::lot_monitor
