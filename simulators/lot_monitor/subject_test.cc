#include "simulators/lot_monitor/subject.h"

#include "gtest/gtest.h"

namespace egi::lot_monitor {
namespace {

TEST(SubjectOf, LotGivesMeanAndSpreadOfItsLivers) {
  feeding::v1::Lot lot;
  lot.set_code_lot("LL2602001");
  lot.mutable_total_corn_real()->set_value(8618);
  lot.mutable_itm()->set_value(16);
  lot.mutable_sigma()->set_value(0.2);
  const station::LotUnderInspection subject = SubjectOf(lot);
  EXPECT_EQ(subject.code_lot, "LL2602001");
  EXPECT_NEAR(subject.expected_liver_mass_g, 538.6, 0.1);
  EXPECT_EQ(subject.sigma, 0.2);
}

TEST(SubjectOf, LotWithoutItmIsTakenAtTheCampaignsMean) {
  feeding::v1::Lot lot;
  lot.mutable_total_corn_real()->set_value(8618);
  EXPECT_NEAR(SubjectOf(lot).expected_liver_mass_g, 575.7, 0.1);
}

TEST(SubjectOf, UnknownStaysUnknown) {
  const station::LotUnderInspection subject = SubjectOf({});
  EXPECT_EQ(subject.expected_liver_mass_g, 0);
  EXPECT_EQ(subject.sigma, 0);
}

}  // namespace
}  // namespace egi::lot_monitor
