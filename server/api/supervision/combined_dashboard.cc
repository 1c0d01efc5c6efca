#include "server/api/supervision/combined_dashboard.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "server/analytics/correlation/correlation.h"
#include "server/analytics/correlation/regression.h"
#include "server/api/convert.h"
#include "server/base/site_zone.h"

namespace egi::api {
namespace {

using storage::read::CombinedSums;
using storage::read::LotSums;
using storage::read::SampleSums;
using storage::read::TrendPeriods;
using supervision::v1::CombinedDashboard;
using supervision::v1::CombinedSite;
using supervision::v1::Indicator;
using supervision::v1::QualityScatter;

constexpr int kTrendDays = 30;
constexpr int kLinePoints = 21;
constexpr const char* kGrades[] = {"A+", "A", "B", "C", "REJECT"};

// A figure and what it rests on.
struct Figure {
  std::optional<double> value;
  int64_t count = 0;
};

Figure Production(const LotSums& sums) {
  if (sums.lots == 0) return {};
  return {sums.liver_kg, sums.lots};
}

Figure Itm(const LotSums& sums) {
  if (sums.liver_kg <= 0) return {std::nullopt, sums.lots};
  return {sums.corn_kg / sums.liver_kg, sums.lots};
}

Figure Score(const SampleSums& sums) {
  if (sums.samples == 0) return {};
  return {100 * sums.score / static_cast<double>(sums.samples), sums.samples};
}

Figure Compliance(const SampleSums& sums) {
  if (sums.samples == 0) return {};
  return {100.0 * static_cast<double>(sums.compliant) / static_cast<double>(sums.samples), sums.samples};
}

// The most frequent grade, the worse of two that are equal, with its share in percent; absent without samples.
struct Majority {
  const char* grade;
  double share;
};
std::optional<Majority> MajorityOf(const SampleSums& sums) {
  if (sums.samples == 0) return std::nullopt;
  size_t most = 0;
  for (size_t i = 1; i < sums.grades.size(); ++i) {
    if (sums.grades[i] >= sums.grades[most]) most = i;
  }
  return Majority{kGrades[most], 100.0 * static_cast<double>(sums.grades[most]) / static_cast<double>(sums.samples)};
}

template <typename Message>
void Set(const std::optional<double>& value, Message* message, google::protobuf::DoubleValue* (Message::*field)()) {
  if (value.has_value()) (message->*field)()->set_value(*value);
}

Indicator IndicatorOf(const Figure& all, const Figure& latest, const Figure& before, const char* unit, const char* definition) {
  Indicator indicator;
  indicator.set_unite(unit);
  indicator.set_definition(definition);
  Set(all.value, &indicator, &Indicator::mutable_valeur);
  indicator.set_effectif(static_cast<int32_t>(all.count));
  Set(latest.value, &indicator, &Indicator::mutable_derniers_30_jours);
  indicator.set_effectif_derniers(static_cast<int32_t>(latest.count));
  Set(before.value, &indicator, &Indicator::mutable_precedents_30_jours);
  indicator.set_effectif_precedents(static_cast<int32_t>(before.count));
  if (!latest.value.has_value() || !before.value.has_value()) return indicator;
  indicator.mutable_variation()->set_value(*latest.value - *before.value);
  if (*before.value > 0) indicator.mutable_variation_pct()->set_value(100 * (*latest.value - *before.value) / *before.value);
  return indicator;
}

void Add(const LotSums& part, LotSums& sums) {
  sums.lots += part.lots;
  sums.liver_kg += part.liver_kg;
  sums.corn_kg += part.corn_kg;
}

void SetIndicators(const CombinedSums& sums, supervision::v1::CombinedIndicators& indicators) {
  LotSums all, latest, before;
  for (const auto& site : sums.sites) {
    Add(site.all, all);
    Add(site.latest, latest);
    Add(site.before, before);
  }
  *indicators.mutable_production() =
      IndicatorOf(Production(all), Production(latest), Production(before), "kg",
                  "Foie produit : somme, sur les lots dont l'ITM est connu, des canards accrochés × maïs par canard / ITM. Un lot compte le jour où son gavage a fini.");
  *indicators.mutable_itm() = IndicatorOf(Itm(all), Itm(latest), Itm(before), "kg/kg",
                                          "ITM pondéré : maïs mangé par les canards accrochés / foie produit. Plus bas est meilleur.");
  auto& quality = *indicators.mutable_qualite();
  *quality.mutable_score() = IndicatorOf(Score(sums.samples), Score(sums.latest_samples), Score(sums.samples_before), "%",
                                         "Moyenne du score fusionné des échantillons, en pour cent, à côté du grade le plus fréquent et de sa part.");
  if (const auto majority = MajorityOf(sums.samples)) {
    quality.mutable_grade_majoritaire()->set_value(majority->grade);
    quality.mutable_part_grade_majoritaire_pct()->set_value(majority->share);
  }
  *indicators.mutable_conformite() = IndicatorOf(Compliance(sums.samples), Compliance(sums.latest_samples), Compliance(sums.samples_before), "%",
                                                 "Échantillons conformes (grades A+, A et B) / échantillons.");
}

CombinedSite SiteOf(const CombinedSums::Site& sums) {
  CombinedSite site;
  site.set_site_code(sums.code);
  site.set_site_nom(sums.name);
  Set(Production(sums.all).value, &site, &CombinedSite::mutable_production_kg);
  Set(Itm(sums.all).value, &site, &CombinedSite::mutable_itm);
  site.set_nb_lots_finaux(sums.all.lots);
  if (const auto majority = MajorityOf(sums.samples)) {
    site.mutable_grade_majoritaire()->set_value(majority->grade);
    site.mutable_part_grade_majoritaire_pct()->set_value(majority->share);
  }
  Set(Score(sums.samples).value, &site, &CombinedSite::mutable_score_moyen_pct);
  Set(Compliance(sums.samples).value, &site, &CombinedSite::mutable_taux_conformite_pct);
  site.set_nb_echantillons(static_cast<int32_t>(sums.samples.samples));
  return site;
}

void SetLine(const analytics::Line& line, double least, double greatest, supervision::v1::RegressionLine& out) {
  out.set_pente(line.slope);
  out.set_ordonnee(line.intercept);
  for (int i = 0; i < kLinePoints; ++i) {
    const double itm = least + (greatest - least) * i / (kLinePoints - 1);
    const analytics::Interval interval = line.MeanInterval(itm);
    auto* point = out.add_points();
    point->set_itm(itm);
    point->set_score(line.At(itm));
    point->set_bas_95(interval.lower);
    point->set_haut_95(interval.upper);
  }
}

void SetScatter(std::vector<quality::v1::LotPair> pairs, QualityScatter& scatter) {
  std::vector<double> itm, score;
  for (const auto& pair : pairs) {
    itm.push_back(pair.itm());
    score.push_back(pair.avg_quality_score());
  }
  MoveAll(std::move(pairs), scatter.mutable_lots());
  scatter.set_n(scatter.lots_size());
  const auto pearson = analytics::Pearson(itm, score);
  const auto line = analytics::FitLine(itm, score);
  if (!pearson.has_value() || !line.has_value()) return;
  auto* coefficient = scatter.mutable_pearson();
  coefficient->set_value(pearson->value);
  coefficient->set_p_value(pearson->p_value);
  if (pearson->interval_95.has_value()) {
    coefficient->mutable_lower_95()->set_value(pearson->interval_95->lower);
    coefficient->mutable_upper_95()->set_value(pearson->interval_95->upper);
  }
  const auto [least, greatest] = std::minmax_element(itm.begin(), itm.end());
  SetLine(*line, *least, *greatest, *scatter.mutable_droite());
}

}  // namespace

TrendPeriods TrendPeriodsAt(absl::Time now) {
  const absl::TimeZone zone = SiteZone();
  TrendPeriods periods;
  periods.last = absl::ToCivilDay(now, zone);
  periods.first = periods.last - (kTrendDays - 1);
  periods.first_before = periods.first - kTrendDays;
  periods.start_before = absl::FromCivil(periods.first_before, zone);
  periods.start = absl::FromCivil(periods.first, zone);
  periods.end = absl::FromCivil(periods.last + 1, zone);
  return periods;
}

CombinedDashboard CombinedDashboardOf(CombinedSums sums, const TrendPeriods& periods, absl::Time now) {
  CombinedDashboard dashboard;
  ToTimestamp(now, dashboard.mutable_calcule_le());
  dashboard.mutable_periodes()->set_debut(absl::FormatCivilTime(periods.first));
  dashboard.mutable_periodes()->set_fin(absl::FormatCivilTime(periods.last));
  dashboard.mutable_periodes()->set_debut_precedents(absl::FormatCivilTime(periods.first_before));
  dashboard.mutable_periodes()->set_fin_precedents(absl::FormatCivilTime(periods.first - 1));
  SetIndicators(sums, *dashboard.mutable_indicateurs());
  for (const auto& site : sums.sites) *dashboard.add_sites() = SiteOf(site);
  SetScatter(std::move(sums.pairs), *dashboard.mutable_nuage());
  MoveAll(std::move(sums.alerts), dashboard.mutable_alertes());
  dashboard.set_nb_alertes_sqal(sums.open_sqal);
  dashboard.set_nb_alertes_euralis(sums.open_euralis);
  return dashboard;
}

}  // namespace egi::api
