#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/storage/read/lot_figures.h"
#include "server/storage/read/lot_pair_row.h"
#include "server/storage/read/lot_quality_row.h"
#include "server/storage/read/lot_sheet_row.h"
#include "server/storage/read/session.h"
#include "server/storage/read/supervision_readers.h"

namespace egi::storage::read {
namespace {

using supervision::v1::CombinedAlert;
using supervision::v1::QualitySummary;

// The columns of LotSums over lots l that obey `condition`.
std::string LotSumsSql(const std::string& condition) {
  const std::string where = absl::StrCat(" FILTER (WHERE l.liver IS NOT NULL AND ", condition, ")");
  return absl::StrCat("count(l.id)", where, ", coalesce(sum(l.liver)", where, ", 0), coalesce(sum(l.nb_canards_accroches * l.conso)", where, ", 0)");
}

LotSums ToLotSums(RowCursor& row) {
  LotSums sums;
  sums.lots = row.Int();
  sums.liver_kg = row.Double();
  sums.corn_kg = row.Double();
  return sums;
}

// $1 first day of the trend, $2 its last, $3 the first before.
const std::string& Sites() {
  static const std::string kSql = absl::StrCat(
      "WITH l AS (", kLotFigures, ") SELECT s.code, s.nom, ", LotSumsSql("true"), ", ", LotSumsSql("l.end_day BETWEEN $1::date AND $2::date"), ", ",
      LotSumsSql("l.end_day >= $3::date AND l.end_day < $1::date"), " FROM sites_euralis s LEFT JOIN l ON l.site_code = s.code GROUP BY s.code, s.nom ORDER BY s.code");
  return kSql;
}

// The columns of SampleSums, of cells c.
constexpr char kCellSums[] =
    "coalesce(sum(c.samples), 0)::bigint, coalesce(sum(c.compliant), 0)::bigint, coalesce(sum(c.score_sum), 0), coalesce(sum(c.grade_a_plus), 0)::bigint, "
    "coalesce(sum(c.grade_a), 0)::bigint, coalesce(sum(c.grade_b), 0)::bigint, coalesce(sum(c.grade_c), 0)::bigint, coalesce(sum(c.grade_reject), 0)::bigint";

SampleSums ToSampleSums(RowCursor& row) {
  SampleSums sums;
  sums.samples = row.Long();
  sums.compliant = row.Long();
  sums.score = row.Double();
  for (int64_t& grade : sums.grades) grade = row.Long();
  return sums;
}

void Add(const SampleSums& part, SampleSums& sums) {
  sums.samples += part.samples;
  sums.compliant += part.compliant;
  sums.score += part.score;
  for (size_t i = 0; i < sums.grades.size(); ++i) sums.grades[i] += part.grades[i];
}

// Alerts that nobody acknowledged, that are not shelved at $1 and did not close (analyse::StateOf). While an alert is open its repeats are counted in alert_open.
constexpr char kOpenSqal[] = "FROM sqal_alerts a LEFT JOIN alert_open o ON o.alert_id = a.alert_id WHERE NOT a.is_acknowledged AND a.closed_at IS NULL "
                             "AND (a.shelved_until > $1::timestamptz) IS NOT TRUE";
constexpr char kOpenEuralis[] = "FROM alertes_euralis a LEFT JOIN alert_open o ON o.alert_id = a.id WHERE NOT a.acquittee AND a.closed_at IS NULL "
                                "AND (a.shelved_until > $1::timestamptz) IS NOT TRUE";

const std::string& Alerts() {
  static const std::string kSql = absl::StrCat(
      "SELECT b.origin, b.id, ", EGI_US("b.time"), ", ", EGI_US("greatest(b.last_time, b.time)"), ", b.severity, b.type, b.message, b.site_code, b.code_lot, "
      "coalesce(b.gaveur_id, l.gaveur_id), b.device_id, greatest(b.occurrences, 1) FROM ("
      "(SELECT 'SQAL' AS origin, a.alert_id AS id, a.time, greatest(a.last_time, o.last_time) AS last_time, CASE a.severity WHEN 'critical' THEN 'critique' "
      "ELSE a.severity END AS severity, a.alert_type AS type, a.message, a.site_code, a.code_lot, NULL::integer AS gaveur_id, a.device_id, "
      "greatest(a.occurrences, o.occurrences) AS occurrences ", kOpenSqal, " ORDER BY a.time DESC, a.alert_id DESC LIMIT $2::integer) UNION ALL "
      "(SELECT 'EURALIS', a.id, a.time, greatest(a.last_time, o.last_time), a.severite, a.type_alerte, a.message, a.site_code, a.code_lot, a.gaveur_id, NULL, "
      "greatest(a.occurrences, o.occurrences) ", kOpenEuralis, " ORDER BY a.time DESC, a.id DESC LIMIT $2::integer)) b "
      "LEFT JOIN lots_gavage l ON l.code_lot = b.code_lot ORDER BY b.time DESC, b.id DESC LIMIT $2::integer");
  return kSql;
}

CombinedAlert ToAlert(RowCursor row) {
  CombinedAlert alert;
  alert.set_origine(row.Text());
  alert.set_id(row.Int());
  row.Set(&alert, &CombinedAlert::mutable_time);
  row.Set(&alert, &CombinedAlert::mutable_last_time);
  alert.set_severite(row.Text());
  alert.set_type_alerte(row.Text());
  alert.set_message(row.Text());
  row.Set(&alert, &CombinedAlert::mutable_site_code);
  row.Set(&alert, &CombinedAlert::mutable_code_lot);
  row.Set(&alert, &CombinedAlert::mutable_gaveur_id);
  row.Set(&alert, &CombinedAlert::mutable_device_id);
  alert.set_occurrences(row.Int());
  return alert;
}

void ReadSamples(pqxx::transaction_base& transaction, const TrendPeriods& periods, CombinedSums& sums) {
  std::map<std::string, SampleSums> by_site;
  static const std::string kAll = absl::StrCat("SELECT c.site_code, ", kCellSums, " FROM sqal_day_cells c GROUP BY c.site_code");
  for (const pqxx::row& found : Run(transaction, kAll, {})) {
    RowCursor row(found);
    const std::string site = row.Text();
    by_site[site] = ToSampleSums(row);
    Add(by_site[site], sums.samples);
  }
  for (auto& site : sums.sites) site.samples = by_site[site.code];
  static const std::string kPeriods =
      absl::StrCat("SELECT 0, ", kCellSums, " FROM egi_period_cells($1::timestamptz, $2::timestamptz) c UNION ALL SELECT 1, ", kCellSums,
                   " FROM egi_period_cells($3::timestamptz, $1::timestamptz) c");
  for (const pqxx::row& found : Run(transaction, kPeriods, {SqlTime(periods.start), SqlTime(periods.end), SqlTime(periods.start_before)})) {
    RowCursor row(found);
    SampleSums& period = row.Int() == 0 ? sums.latest_samples : sums.samples_before;
    period = ToSampleSums(row);
  }
}

// Lots l of an AnalysisQuery with their day: $1 site, $2 first day, $3 last day.
const std::string& Analysed() {
  static const std::string kSql = absl::StrCat(
      "WITH figures AS (", kLotFigures, "), l AS (SELECT f.*, coalesce(f.end_day, f.debut_lot, (f.created_at AT TIME ZONE 'Europe/Paris')::date) AS day "
      "FROM figures f WHERE $1 = '' OR f.site_code = $1), k AS (SELECT l.* FROM l WHERE ($2 = '' OR l.day >= nullif($2, '')::date) "
      "AND ($3 = '' OR l.day <= nullif($3, '')::date)) ");
  return kSql;
}

void ReadSummary(pqxx::transaction_base& transaction, const std::vector<std::string>& params, AnalysisLots& analysis) {
  static const std::string kSummary =
      absl::StrCat(Analysed(), "SELECT count(*), count(l.liver), ", kWeightedItm, ", avg(l.itm), avg(l.sigma), count(l.sigma), ", kWeightedLoss,
                   ", sum(l.liver) FROM k l");
  QualitySummary& summary = analysis.summary;
  RowCursor row(Run(transaction, kSummary, params)[0]);
  summary.set_nb_lots(row.Int());
  summary.set_nb_lots_finaux(row.Int());
  row.Set(&summary, &QualitySummary::mutable_itm_pondere);
  row.Set(&summary, &QualitySummary::mutable_itm_moyen);
  row.Set(&summary, &QualitySummary::mutable_sigma_moyen);
  summary.set_nb_lots_sigma(row.Int());
  row.Set(&summary, &QualitySummary::mutable_mortalite_pct);
  row.Set(&summary, &QualitySummary::mutable_production_kg);
  static const std::string kFigures = absl::StrCat(Analysed(), "SELECT k.itm, k.sigma FROM k WHERE k.itm IS NOT NULL OR k.sigma IS NOT NULL");
  for (const pqxx::row& found : Run(transaction, kFigures, params)) {
    RowCursor lot(found);
    if (!lot.IsNull()) {
      analysis.itm.push_back(lot.Double());
    } else {
      lot.Skip();
    }
    if (!lot.IsNull()) analysis.sigma.push_back(lot.Double());
  }
}

std::optional<std::string> MaybeText(RowCursor& row) {
  if (!row.IsNull()) return row.Text();
  row.Skip();
  return std::nullopt;
}

class PostgresSupervisionReader final : public SupervisionReader {
 public:
  PostgresSupervisionReader(Pool& pool, double density_g_cm3) : pool_(pool), density_(density_g_cm3) {}

  absl::StatusOr<CombinedSums> ReadCombined(const TrendPeriods& periods, int min_samples, int alert_limit, absl::Time now) override {
    CombinedSums sums;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) {
      sums = CombinedSums();
      const std::vector<std::string> days = {absl::FormatCivilTime(periods.first), absl::FormatCivilTime(periods.last),
                                             absl::FormatCivilTime(periods.first_before)};
      for (const pqxx::row& found : Run(transaction, Sites(), days)) {
        RowCursor row(found);
        CombinedSums::Site& site = sums.sites.emplace_back();
        site.code = row.Text();
        site.name = row.Text();
        site.all = ToLotSums(row);
        site.latest = ToLotSums(row);
        site.before = ToLotSums(row);
      }
      ReadSamples(transaction, periods, sums);
      for (const pqxx::row& row : Run(transaction, kLotPairsSql, {"", std::to_string(min_samples)})) sums.pairs.push_back(ToLotPair(RowCursor(row)));
      for (const pqxx::row& row : Run(transaction, Alerts(), {SqlTime(now), std::to_string(alert_limit)})) sums.alerts.push_back(ToAlert(RowCursor(row)));
      static const std::string kCounts = absl::StrCat("SELECT (SELECT count(*) ", kOpenSqal, "), (SELECT count(*) ", kOpenEuralis, ")");
      RowCursor counts(Run(transaction, kCounts, {SqlTime(now)})[0]);
      sums.open_sqal = counts.Int();
      sums.open_euralis = counts.Int();
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return sums;
  }

  absl::StatusOr<AnalysisLots> ReadAnalysis(const AnalysisQuery& query) override {
    AnalysisLots analysis;
    const auto text = [](const std::optional<absl::CivilDay>& day) { return day.has_value() ? absl::FormatCivilTime(*day) : std::string(); };
    const std::vector<std::string> filter = {query.site_code, text(query.from), text(query.to)};
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) {
      analysis = AnalysisLots();
      ReadSummary(transaction, filter, analysis);
      std::vector<std::string> page = filter;
      page.push_back(query.after.has_value() ? "t" : "f");
      page.push_back(std::to_string(query.after.has_value() ? query.after->day : 0));
      page.push_back(std::to_string(query.after.has_value() ? query.after->id : 0));
      page.push_back(std::to_string(query.limit));
      static const std::string kPage = absl::StrCat(
          Analysed(), "SELECT k.id, (k.day - date '1970-01-01')::bigint, to_char(k.debut_lot, 'YYYY-MM-DD'), to_char(k.end_day, 'YYYY-MM-DD') FROM k "
          "WHERE NOT $4::boolean OR ((k.day - date '1970-01-01')::bigint, k.id::bigint) < ($5::bigint, $6::bigint) ORDER BY k.day DESC, k.id DESC LIMIT $7::integer");
      std::map<int64_t, size_t> place;
      std::vector<int64_t> ids;
      for (const pqxx::row& found : Run(transaction, kPage, page)) {
        RowCursor row(found);
        AnalysisLots::Lot& lot = analysis.lots.emplace_back();
        lot.place.id = row.Long();
        lot.place.day = row.Long();
        lot.first_day = MaybeText(row);
        lot.end_day = MaybeText(row);
        place[lot.place.id] = ids.size();
        ids.push_back(lot.place.id);
      }
      if (ids.empty()) return absl::OkStatus();
      const std::string list = absl::StrCat("{", absl::StrJoin(ids, ","), "}");
      static const std::string kSheets = absl::StrCat(LotSheetSql(), " WHERE l.id = ANY($1::integer[])");
      for (const pqxx::row& row : Run(transaction, kSheets, {list})) {
        LotSheet sheet = ToLotSheet(RowCursor(row), density_);
        const int32_t id = sheet.lot.lot_id();
        analysis.lots[place.at(id)].sheet = std::move(sheet);
      }
      for (const pqxx::row& row : Run(transaction, kLotQualitySql, {list, "{}"})) {
        feeding::v1::LotQuality quality = ToLotQuality(RowCursor(row), density_);
        const int32_t id = quality.lot_id();
        analysis.lots[place.at(id)].quality = std::move(quality);
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return analysis;
  }

  absl::StatusOr<std::vector<FeederSums>> ListFeeders(const std::string& site_code) override {
    static const std::string kSql = absl::StrCat(
        "WITH l AS (", kLotFigures, "), s AS (SELECT l.gaveur_id, mode() WITHIN GROUP (ORDER BY l.site_code) AS site_code, ", kWeightedItm, " AS itm, ",
        "count(l.liver) AS lots, sum(l.liver) AS liver, sum(l.nb_canards_accroches * l.conso) FILTER (WHERE l.liver IS NOT NULL) AS corn, "
        "sum(l.nb_canards_meg) FILTER (WHERE l.nb_canards_accroches IS NOT NULL) AS placed, sum(l.nb_canards_meg - l.nb_canards_accroches) AS lost, "
        "count(l.sigma) AS sigmas, sum(l.sigma) AS sigma FROM l WHERE l.gaveur_id IS NOT NULL GROUP BY l.gaveur_id) "
        "SELECT g.id, s.lots, s.liver, s.corn, s.placed, s.lost, s.sigmas, s.sigma FROM gaveurs_euralis g LEFT JOIN s ON s.gaveur_id = g.id "
        "WHERE $1 = '' OR coalesce(s.site_code, g.site_code, '') = $1 ORDER BY s.itm NULLS LAST, g.id");
    return ReadRows<FeederSums>(pool_, kSql, {site_code}, [](RowCursor row) {
      FeederSums feeder;
      feeder.id = row.Int();
      feeder.lots = ToLotSums(row);
      feeder.placed = row.Long();
      feeder.lost = row.Long();
      feeder.sigmas = row.Int();
      feeder.sigma_sum = row.Double();
      return feeder;
    });
  }

 private:
  Pool& pool_;
  const double density_;
};

}  // namespace

std::unique_ptr<SupervisionReader> NewPostgresSupervisionReader(Pool& pool, double density_g_cm3) {
  return std::make_unique<PostgresSupervisionReader>(pool, density_g_cm3);
}

}  // namespace egi::storage::read
