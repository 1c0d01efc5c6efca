#include "server/api/feeding/day_checks.h"

#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/api/lot_checks.h"
#include "server/base/site_zone.h"

namespace egi::api {
namespace {

using feeding::v1::DayEntry;

constexpr absl::Duration kMaxClockLead = absl::Minutes(5);
constexpr absl::CivilDay kOldestDay(2000, 1, 1);
constexpr int kMaxWeights = 1000;

std::string Field(const char* name) { return absl::StrCat("day.", name); }

bool Between(double value, double min, double max) { return std::isfinite(value) && value >= min && value <= max; }

// HH:MM as minutes since midnight; nullopt when it is something else.
std::optional<int> Minutes(const std::string& text) {
  const auto digit = [&](size_t i) { return absl::ascii_isdigit(text[i]); };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) return std::nullopt;
  const int hour = (text[0] - '0') * 10 + text[1] - '0', minute = (text[3] - '0') * 10 + text[4] - '0';
  if (hour > 23 || minute > 59) return std::nullopt;
  return 60 * hour + minute;
}

void CheckDose(const char* dose, bool told, double value, const char* hour, const std::string& time, Fields& fields) {
  if (!told) return;
  fields.Check(Between(value, 0, 1000), Field(dose), absl::StrCat("is ", value, ", must be 0..1000 g per duck; leave it out when the meal was skipped"));
  fields.Check(Minutes(time).has_value(), Field(hour), absl::StrCat("must be HH:MM, the time of ", dose, " in the zone of the site"));
}

std::optional<absl::Time> TimeOf(absl::CivilDay date, const char* field, const std::string& text, absl::Time now, Fields& fields) {
  const std::optional<int> minutes = Minutes(text);
  if (!minutes.has_value()) return std::nullopt;  // noted by CheckEntry
  const auto at = SiteZone().At(absl::CivilSecond(absl::CivilMinute(date) + *minutes));
  fields.Check(at.kind != absl::TimeZone::TimeInfo::SKIPPED, Field(field), absl::StrCat("is ", text, ", which the change to summer time leaves out that day"));
  fields.Check(at.pre <= now + kMaxClockLead, Field(field), absl::StrCat("is ", text, ", which lies in the future"));
  return at.pre;
}

}  // namespace

std::string LotOf(const google::protobuf::Value& value) {
  if (value.kind_case() == google::protobuf::Value::kStringValue) return value.string_value();
  const double number = value.number_value();
  if (value.kind_case() != google::protobuf::Value::kNumberValue || number != std::floor(number) || !Between(number, 1, 2147483647)) return "";
  return absl::StrCat(static_cast<int64_t>(number));
}

void CheckEntry(const DayEntry& entry, bool correct, Fields& fields) {
  if (!correct) {
    fields.Check(entry.has_dose_matin() || entry.has_dose_soir(), Field("dose_matin"),
                 "is missing, and so is dose_soir: tell the doses that were given; a day without any needs no entry");
  }
  CheckDose("dose_matin", entry.has_dose_matin(), entry.dose_matin(), "heure_gavage_matin", entry.heure_gavage_matin(), fields);
  CheckDose("dose_soir", entry.has_dose_soir(), entry.dose_soir(), "heure_gavage_soir", entry.heure_gavage_soir(), fields);
  const auto matin = Minutes(entry.heure_gavage_matin()), soir = Minutes(entry.heure_gavage_soir());
  if (entry.has_dose_matin() && entry.has_dose_soir() && matin.has_value() && soir.has_value()) {
    fields.Check(*matin < *soir, Field("heure_gavage_soir"), absl::StrCat("is ", entry.heure_gavage_soir(), ", must be after heure_gavage_matin"));
  }
  const int weights = entry.poids_echantillon_size();
  fields.Check(weights >= 1 && weights <= kMaxWeights, Field("poids_echantillon"), absl::StrCat("has ", weights, " weights, must have 1..", kMaxWeights, ": weigh at least one bird and tell its weight in g, e.g. [4550]"));
  for (int i = 0; i < weights && i < kMaxWeights; ++i) {
    fields.Check(Between(entry.poids_echantillon(i), 500, 12000), absl::StrCat(Field("poids_echantillon"), "[", i, "]"),
                 absl::StrCat("is ", entry.poids_echantillon(i), ", must be 500..12000 g"));
  }
  fields.Check(entry.nb_canards_peses() >= 1 && entry.nb_canards_peses() <= 5000 && entry.nb_canards_peses() >= weights, Field("nb_canards_peses"),
               absl::StrCat("is ", entry.nb_canards_peses(), ", must be 1..5000 and at least the number of weights"));
  fields.Check(!entry.has_temperature_stabule() || Between(entry.temperature_stabule(), -20, 50), Field("temperature_stabule"),
               "must be -20..50 degrees Celsius, or absent");
  fields.Check(!entry.has_humidite_stabule() || Between(entry.humidite_stabule(), 0, 100), Field("humidite_stabule"), "must be 0..100 %, or absent");
  fields.Check(entry.mortalite_jour() >= 0 && entry.mortalite_jour() <= 5000, Field("mortalite_jour"), "must be 0..5000 birds");
  fields.Text(Field("raison_ecart"), entry.raison_ecart(), 0, 500);
  fields.Text(Field("remarques"), entry.remarques(), 0, 2000);
  fields.Text(Field("cause_mortalite"), entry.cause_mortalite(), 0, 500);
  fields.Text(Field("problemes_sante"), entry.problemes_sante(), 0, 2000);
  fields.Text(Field("saisi_par"), entry.saisi_par(), correct ? 1 : 0, 100);
  fields.Text(Field("raison_correction"), entry.raison_correction(), correct ? 1 : 0, 500);
  fields.Text(Field("request_id"), entry.request_id(), 0, 100);
}

DayTimes TimesOf(const DayEntry& entry, absl::CivilDay date, absl::Time now, Fields& fields) {
  DayTimes times;
  if (entry.has_dose_matin()) times.matin = TimeOf(date, "heure_gavage_matin", entry.heure_gavage_matin(), now, fields);
  if (entry.has_dose_soir()) times.soir = TimeOf(date, "heure_gavage_soir", entry.heure_gavage_soir(), now, fields);
  return times;
}

void CheckDate(absl::CivilDay date, absl::Time now, Fields& fields) {
  const absl::CivilDay newest = absl::ToCivilDay(now, SiteZone()) + 1;
  fields.Check(date >= kOldestDay && date <= newest, Field("date_gavage"),
               absl::StrCat("is ", absl::FormatCivilTime(date), ", must be ", absl::FormatCivilTime(kOldestDay), "..", absl::FormatCivilTime(newest)));
}

absl::CivilDay DateOf(const std::string& text) {
  absl::CivilDay day;
  absl::ParseCivilTime(text, &day);
  return day;
}

}  // namespace egi::api
