#include "server/api/feeding/day_checks.h"

#include <cmath>
#include <functional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::api {
namespace {

using feeding::v1::DayEntry;
using ::testing::HasSubstr;

DayEntry Good() {
  DayEntry entry;
  entry.mutable_lot_id()->set_number_value(17);
  entry.set_date_gavage("2026-02-03");
  entry.set_dose_matin(300);
  entry.set_dose_soir(320);
  entry.set_heure_gavage_matin("07:00");
  entry.set_heure_gavage_soir("18:30");
  entry.set_nb_canards_peses(3);
  for (double weight : {4500.0, 4600.0, 4700.0}) entry.add_poids_echantillon(weight);
  return entry;
}

std::string Complaint(const DayEntry& entry, bool correct = false) {
  Fields fields;
  CheckEntry(entry, correct, fields);
  return std::string(fields.status().message());
}

TEST(CheckEntry, GoodEntryHasNoViolation) { EXPECT_EQ(Complaint(Good()), ""); }

struct Fault {
  const char* name;
  std::function<void(DayEntry&)> make;
  const char* field;
};
class OneFault : public ::testing::TestWithParam<Fault> {};

TEST_P(OneFault, IsNamed) {
  DayEntry entry = Good();
  GetParam().make(entry);
  EXPECT_THAT(Complaint(entry), HasSubstr(GetParam().field));
}

INSTANTIATE_TEST_SUITE_P(
    Facts, OneFault,
    testing::Values(Fault{"NoDose", [](DayEntry& e) { e.clear_dose_matin(), e.clear_dose_soir(); }, "day.dose_matin"},
                    Fault{"HeavyDose", [](DayEntry& e) { e.set_dose_soir(1001); }, "day.dose_soir"},
                    Fault{"NaNDose", [](DayEntry& e) { e.set_dose_matin(std::nan("")); }, "day.dose_matin"},
                    Fault{"NoHour", [](DayEntry& e) { e.clear_heure_gavage_matin(); }, "day.heure_gavage_matin"},
                    Fault{"HourOf25", [](DayEntry& e) { e.set_heure_gavage_soir("25:00"); }, "day.heure_gavage_soir"},
                    Fault{"EveningBeforeMorning", [](DayEntry& e) { e.set_heure_gavage_soir("06:59"); }, "day.heure_gavage_soir"},
                    Fault{"NoWeight", [](DayEntry& e) { e.clear_poids_echantillon(); }, "day.poids_echantillon"},
                    Fault{"LightBird", [](DayEntry& e) { e.set_poids_echantillon(1, 499); }, "day.poids_echantillon[1]"},
                    Fault{"FewerBirdsThanWeights", [](DayEntry& e) { e.set_nb_canards_peses(2); }, "day.nb_canards_peses"},
                    Fault{"Frost", [](DayEntry& e) { e.set_temperature_stabule(-21); }, "day.temperature_stabule"},
                    Fault{"Wet", [](DayEntry& e) { e.set_humidite_stabule(101); }, "day.humidite_stabule"},
                    Fault{"NegativeDeaths", [](DayEntry& e) { e.set_mortalite_jour(-1); }, "day.mortalite_jour"},
                    Fault{"LongRemark", [](DayEntry& e) { e.set_remarques(std::string(2001, 'r')); }, "day.remarques"},
                    Fault{"NulInReason", [](DayEntry& e) { e.set_raison_ecart(std::string(1, '\0')); }, "day.raison_ecart"}),
    [](const auto& info) { return info.param.name; });

TEST(CheckEntry, CorrectionNamesWhoAndWhyAndMayLeaveDosesOut) {
  DayEntry entry = Good();
  EXPECT_THAT(Complaint(entry, true), HasSubstr("day.saisi_par"));
  EXPECT_THAT(Complaint(entry, true), HasSubstr("day.raison_correction"));
  entry.set_saisi_par("user:4");
  entry.set_raison_correction("lue de travers");
  entry.clear_dose_matin();
  entry.clear_dose_soir();
  EXPECT_EQ(Complaint(entry, true), "");
}

const absl::Time kLater = absl::FromCivil(absl::CivilDay(2027, 1, 1), absl::UTCTimeZone());

// The UTC hour of the morning meal of a day.
std::string Morning(const char* date, const char* hour, absl::Time now = kLater) {
  DayEntry entry = Good();
  entry.set_heure_gavage_matin(hour);
  Fields fields;
  const DayTimes times = TimesOf(entry, DateOf(date), now, fields);
  if (!fields.status().ok()) return std::string(fields.status().message());
  return absl::FormatTime("%Y-%m-%d %H:%M", *times.matin, absl::UTCTimeZone());
}

TEST(TimesOf, HoursAreThoseOfTheSite) {
  EXPECT_EQ(Morning("2026-02-03", "07:00"), "2026-02-03 06:00");
  EXPECT_EQ(Morning("2026-07-03", "07:00"), "2026-07-03 05:00");
}

TEST(TimesOf, HourThatTheChangeToSummerTimeLeavesOutIsAViolation) {
  EXPECT_THAT(Morning("2026-03-29", "02:30"), HasSubstr("summer time"));
  EXPECT_EQ(Morning("2026-03-29", "03:30"), "2026-03-29 01:30");
}

TEST(TimesOf, OfAnHourThatComesTwiceTheFirstIsMeant) { EXPECT_EQ(Morning("2026-10-25", "02:30"), "2026-10-25 00:30"); }

TEST(TimesOf, DoseOfTheFutureIsAViolation) {
  const absl::Time now = absl::FromCivil(absl::CivilMinute(2026, 2, 3, 6, 0), absl::UTCTimeZone());
  EXPECT_THAT(Morning("2026-02-03", "07:06", now), HasSubstr("future"));
  EXPECT_THAT(Morning("2026-02-03", "07:00", now), HasSubstr("heure_gavage_soir")) << "the evening of that day";
}

TEST(LotOf, TakesIdsAndCodes) {
  google::protobuf::Value value;
  EXPECT_EQ(LotOf(value), "");
  value.set_number_value(17);
  EXPECT_EQ(LotOf(value), "17");
  value.set_number_value(17.5);
  EXPECT_EQ(LotOf(value), "");
  value.set_string_value("LL2602003");
  EXPECT_EQ(LotOf(value), "LL2602003");
}

}  // namespace
}  // namespace egi::api
