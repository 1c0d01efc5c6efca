#include "server/publish/filter.h"

#include "gtest/gtest.h"

namespace egi::publish {
namespace {

using realtime::v1::Event;
using realtime::v1::Filter;

Event Sample(const std::string& device, const std::string& site, const std::string& lot, int gaveur, const std::string& grade) {
  Event event;
  auto* sample = event.mutable_sample();
  sample->mutable_sample()->set_device_id(device);
  sample->set_site_code(site);
  sample->set_code_lot(lot);
  sample->set_gaveur_id(gaveur);
  sample->mutable_result()->set_final_grade(grade);
  return event;
}

Event Meal(const std::string& site, const std::string& lot, int gaveur) {
  Event event;
  auto* meal = event.mutable_meal()->mutable_meal();
  meal->set_site(site);
  meal->set_code_lot(lot);
  meal->set_gaveur_id(gaveur);
  return event;
}

TEST(FilterTest, EmptyFilterTakesEverything) {
  EXPECT_TRUE(Matches(Filter(), Sample("d", "LL", "LL0112503", 4, "A")));
  EXPECT_TRUE(Matches(Filter(), Meal("LS", "LS0112503", 5)));
}

TEST(FilterTest, EveryFieldRestricts) {
  const Event sample = Sample("d1", "LL", "LL0112503", 4, "B");
  Filter filter;
  filter.set_device_id("d2");
  EXPECT_FALSE(Matches(filter, sample));
  filter.set_device_id("d1");
  filter.set_site_code("LL");
  filter.set_code_lot("LL0112503");
  filter.set_gaveur_id(4);
  EXPECT_TRUE(Matches(filter, sample));
  filter.set_gaveur_id(5);
  EXPECT_FALSE(Matches(filter, sample));
}

TEST(FilterTest, DeviceFilterExcludesKindsWithoutDevice) {
  Filter filter;
  filter.set_device_id("d1");
  EXPECT_FALSE(Matches(filter, Meal("LL", "LL0112503", 4)));
}

TEST(FilterTest, MealOfAnotherGaveurDoesNotPass) {
  Filter filter;
  filter.set_gaveur_id(5);
  EXPECT_FALSE(Matches(filter, Meal("LL", "LL0112503", 4)));
  EXPECT_TRUE(Matches(filter, Meal("LL", "LL0112503", 5)));
}

TEST(FilterTest, MinimumGradeAppliesToSamplesOnly) {
  Filter filter;
  filter.set_min_grade("B");
  EXPECT_TRUE(Matches(filter, Sample("d", "LL", "", 0, "A+")));
  EXPECT_TRUE(Matches(filter, Sample("d", "LL", "", 0, "B")));
  EXPECT_FALSE(Matches(filter, Sample("d", "LL", "", 0, "C")));
  EXPECT_FALSE(Matches(filter, Sample("d", "LL", "", 0, "REJECT")));
  EXPECT_TRUE(Matches(filter, Meal("LL", "LL0112503", 5)));
}

TEST(FilterTest, KindsChoose) {
  Filter filter;
  filter.add_kinds(realtime::v1::EVENT_KIND_MEAL);
  EXPECT_FALSE(Matches(filter, Sample("d", "LL", "", 0, "A")));
  EXPECT_TRUE(Matches(filter, Meal("LL", "LL0112503", 5)));
}

TEST(FilterTest, EveryBadFieldIsNamed) {
  Filter filter;
  filter.set_site_code("XX");
  filter.set_min_grade("D");
  filter.set_gaveur_id(-1);
  filter.add_kinds(realtime::v1::EVENT_KIND_UNSPECIFIED);
  const absl::Status status = CheckFilter(filter);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  for (const char* field : {"filter.site_code", "filter.min_grade", "filter.gaveur_id", "filter.kinds[0]"}) {
    EXPECT_NE(status.message().find(field), absl::string_view::npos) << field;
  }
}

}  // namespace
}  // namespace egi::publish
