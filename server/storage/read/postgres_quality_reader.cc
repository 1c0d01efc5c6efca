#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/rich_status.h"
#include "server/storage/read/conditions.h"
#include "server/storage/read/postgres_readers.h"
#include "server/storage/read/quality_row.h"
#include "server/storage/read/sample_row.h"
#include "server/storage/read/session.h"

namespace egi::storage::read {
namespace {

using quality::v1::DayStats;
using quality::v1::Device;
using quality::v1::DeviceQuality;
using quality::v1::GetDeviceResponse;
using quality::v1::GetLotQualityResponse;
using quality::v1::GetOverviewResponse;
using quality::v1::GetSiteStatsResponse;
using quality::v1::HourlyStat;
using quality::v1::PendingLot;

constexpr size_t kTopDevices = 10;
constexpr char kLotSamples[] = "50";

constexpr const char* kGrades[] = {"A+", "A", "B", "C", "REJECT"};

// Of samples s.
constexpr char kGradeCounts[] =
    "count(*) FILTER (WHERE s.fusion_final_grade = 'A+'), count(*) FILTER (WHERE s.fusion_final_grade = 'A'), "
    "count(*) FILTER (WHERE s.fusion_final_grade = 'B'), count(*) FILTER (WHERE s.fusion_final_grade = 'C'), "
    "count(*) FILTER (WHERE s.fusion_final_grade = 'REJECT')";

// Of cells c, which hold sums (sql/repeatable/05_statistics.sql).
constexpr char kCellGrades[] =
    "coalesce(sum(c.grade_a_plus), 0)::bigint, coalesce(sum(c.grade_a), 0)::bigint, coalesce(sum(c.grade_b), 0)::bigint, "
    "coalesce(sum(c.grade_c), 0)::bigint, coalesce(sum(c.grade_reject), 0)::bigint";

// Number, mean score and compliance in percent: the columns of DayStats.
constexpr char kCellTotals[] =
    "coalesce(sum(c.samples), 0)::bigint, sum(c.score_sum) / sum(c.samples)::float8, "
    "100.0::float8 * sum(c.compliant)::float8 / sum(c.samples)::float8";

// The same of one row of sums, which may count nothing.
constexpr char kSumTotals[] =
    "c.samples, c.score_sum / nullif(c.samples, 0)::float8, 100.0::float8 * c.compliant::float8 / nullif(c.samples, 0)::float8";

constexpr char kHourly[] =
    "SELECT " EGI_US("c.bucket") ", c.device_id, sum(c.samples)::bigint, sum(c.score_sum) / sum(c.samples)::float8, "
    "sum(c.grade_a_plus)::bigint, sum(c.grade_a)::bigint, sum(c.grade_b)::bigint, sum(c.grade_c)::bigint, sum(c.grade_reject)::bigint, "
    "sum(c.volume_sum) / nullif(sum(c.volume_count), 0)::float8, sum(c.freshness_sum) / nullif(sum(c.freshness_count), 0)::float8, "
    "100.0::float8 * sum(c.compliant)::float8 / sum(c.samples)::float8 "
    "FROM egi_period_hours($1::timestamptz, $2::timestamptz, nullif($3::text, ''), nullif($4::text, '')) c "
    "GROUP BY c.bucket, c.device_id ORDER BY c.bucket, c.device_id";

constexpr char kPeriod[] = " FROM egi_period_cells($1::timestamptz, $2::timestamptz, nullif($3::text, ''), nullif($4::text, '')) c";

// Newer than any sample, also of a clock that is ahead.
constexpr char kNoEnd[] = "infinity";

// The parameters of kHourly and kPeriod.
std::vector<std::string> ParamsOf(const StatsQuery& query) {
  return {SqlTime(query.start), SqlTime(query.end), query.device_id, query.site_code};
}

HourlyStat ToHourlyStat(RowCursor row) {
  HourlyStat stat;
  row.Set(&stat, &HourlyStat::mutable_bucket);
  stat.set_device_id(row.Text());
  stat.set_sample_count(row.Int());
  stat.set_avg_quality_score(row.Double());
  stat.set_count_a_plus(row.Int());
  stat.set_count_a(row.Int());
  stat.set_count_b(row.Int());
  stat.set_count_c(row.Int());
  stat.set_count_reject(row.Int());
  stat.set_avg_volume_mm3(row.Double());
  stat.set_avg_freshness_index(row.Double());
  stat.set_compliance_rate_pct(row.Double());
  return stat;
}

// The three columns of kCellTotals.
template <typename Message>
void SetTotals(RowCursor& row, Message* message) {
  message->set_total_samples(row.Int());
  row.Set(message, &Message::mutable_avg_quality_score);
  row.Set(message, &Message::mutable_compliance_rate_pct);
}

// The five columns of kGradeCounts; every grade is present.
void SetGrades(RowCursor& row, google::protobuf::Map<std::string, int32_t>* grades) {
  for (const char* grade : kGrades) (*grades)[grade] = row.Int();
}

class PostgresQualityReader final : public QualityReader {
 public:
  PostgresQualityReader(Pool& pool, double density_g_cm3) : pool_(pool), density_(density_g_cm3) {}

  absl::StatusOr<QualityPulse> ReadPulse(absl::Time active_since) override {
    static const std::string kSql =
        "SELECT (SELECT count(*) FROM sqal_devices WHERE last_seen >= $1::timestamptz), "
        "(SELECT " EGI_US("time") " FROM sqal_samples ORDER BY time DESC LIMIT 1)";
    return ReadRow<QualityPulse>(pool_, kSql, {SqlTime(active_since)}, [](RowCursor row) {
      QualityPulse pulse;
      pulse.active_devices = row.Int();
      if (!row.IsNull()) pulse.newest_sample = row.Time();
      return pulse;
    });
  }

  absl::StatusOr<std::vector<HourlyStat>> ListHourlyStats(const StatsQuery& query) override {
    return ReadRows<HourlyStat>(pool_, kHourly, ParamsOf(query), ToHourlyStat);
  }

  // One pass over the cells: GROUPING SETS gives the total, the sites and the devices. The first column says which: 3 total, 1 site,
  // 2 device.
  absl::StatusOr<GetSiteStatsResponse> ReadSiteStats(const StatsQuery& query) override {
    GetSiteStatsResponse stats;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) {
      stats.Clear();
      std::vector<DeviceQuality> devices;
      static const std::string kSql =
          absl::StrCat("SELECT grouping(c.site_code, c.device_id), c.site_code, c.device_id, ", kCellTotals, ", ", kCellGrades, kPeriod,
                       " GROUP BY GROUPING SETS ((), (c.site_code), (c.device_id)) ORDER BY 1, 2, 3");
      for (const pqxx::row& row : Run(transaction, kSql, ParamsOf(query))) {
        RowCursor cursor(row);
        const int kind = cursor.Int();
        const std::string site = cursor.Text();
        const std::string device = cursor.Text();
        if (kind == 3) {
          SetTotals(cursor, &stats);
          SetGrades(cursor, stats.mutable_grade_distribution());
        } else if (kind == 2) {
          auto& quality = devices.emplace_back();
          quality.set_device_id(device);
          quality.set_sample_count(cursor.Int());
          quality.set_avg_quality_score(cursor.Double());
        } else if (!site.empty()) {
          auto* quality = stats.add_sites();
          quality->set_site_code(site);
          quality->set_total_samples(cursor.Int());
          quality->set_avg_quality_score(cursor.Double());
          quality->set_compliance_rate_pct(cursor.Double());
        }
      }
      std::stable_sort(devices.begin(), devices.end(), [](const DeviceQuality& a, const DeviceQuality& b) {
        return a.avg_quality_score() > b.avg_quality_score();
      });
      if (devices.size() > kTopDevices) devices.resize(kTopDevices);
      for (auto& device : devices) *stats.add_top_devices() = std::move(device);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return stats;
  }

  absl::StatusOr<std::vector<std::pair<std::string, int>>> CountGrades(const StatsQuery& query) override {
    static const std::string kSql = absl::StrCat("SELECT ", kCellGrades, kPeriod);
    return ReadRow<std::vector<std::pair<std::string, int>>>(pool_, kSql, ParamsOf(query), [](RowCursor row) {
      std::vector<std::pair<std::string, int>> grades;
      for (const char* grade : kGrades) {
        if (const auto count = static_cast<int>(row.Int()); count > 0) grades.emplace_back(grade, count);
      }
      return grades;
    });
  }

  absl::StatusOr<GetOverviewResponse> ReadOverview(absl::Time now) override {
    static const std::string kSql = absl::StrCat(
        "SELECT day.*, week.*, (SELECT count(*) FROM sqal_alerts WHERE NOT is_acknowledged AND closed_at IS NULL), "
        "(SELECT count(*) FROM sqal_alerts WHERE NOT is_acknowledged AND closed_at IS NULL AND severity = 'critical'), "
        "(SELECT count(*) FROM sqal_devices), "
        "(SELECT count(*) FROM sqal_devices WHERE last_seen >= $1::timestamptz - interval '5 minutes'), "
        "(SELECT count(*) FROM sqal_devices d JOIN sqal_samples s ON s.device_id = d.device_id AND s.score_disagrees "
        "AND s.time >= $1::timestamptz - interval '24 hours') FROM (SELECT ",
        kSumTotals, " FROM egi_sums_since($1::timestamptz - interval '24 hours') c) day, (SELECT ", kCellGrades,
        " FROM egi_sums_since($1::timestamptz - interval '7 days') c) week");
    return ReadRow<GetOverviewResponse>(pool_, kSql, {SqlTime(now)}, [](RowCursor row) {
      GetOverviewResponse overview;
      SetTotals(row, overview.mutable_stats_24h());
      SetGrades(row, overview.mutable_grade_distribution_7d());
      overview.set_active_alerts(row.Int());
      overview.set_critical_alerts(row.Int());
      overview.set_total_devices(row.Int());
      overview.set_active_devices(row.Int());
      overview.set_score_disagreements_24h(row.Int());
      return overview;
    });
  }

  absl::StatusOr<GetLotQualityResponse> ReadLotQuality(const LotKey& key) override {
    GetLotQualityResponse lot;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      lot.Clear();
      const pqxx::result found =
          Run(transaction,
              absl::StrCat("SELECT l.id, l.code_lot, l.itm, l.sigma, l.total_corn_real, avg(s.vl53l8ch_volume_mm3), count(s.time), "
                           "avg(s.fusion_final_score), "
                           "100.0::float8 * count(*) FILTER (WHERE s.fusion_is_compliant) / nullif(count(s.time), 0), ",
                           kGradeCounts, " FROM lots_gavage l LEFT JOIN sqal_samples s ON s.lot_id = l.id WHERE ", LotIs(key),
                           " = $1 GROUP BY l.id"),
              {LotValue(key)});
      if (found.empty()) return LotNotFound(key);
      RowCursor row(found[0]);
      lot.set_lot_id(row.Int());
      lot.set_code_lot(row.Text());
      row.Set(&lot, &GetLotQualityResponse::mutable_itm);
      row.Set(&lot, &GetLotQualityResponse::mutable_sigma);
      const double corn_g = row.Double();
      const double mass_g = row.Double() / 1000 * density_;
      if (mass_g > 0) lot.mutable_liver_mass_g_mean()->set_value(mass_g);
      if (mass_g > 0 && corn_g > 0) lot.mutable_itm_sensor_estimate()->set_value(corn_g / mass_g);
      SetTotals(row, &lot);
      SetGrades(row, lot.mutable_grade_distribution());
      for (const pqxx::row& sample :
           Run(transaction,
               absl::StrCat("SELECT ", SampleColumns(false), " FROM sqal_samples s WHERE s.lot_id = $1 ",
                            "ORDER BY s.time DESC, s.batch_id DESC, s.ordinal DESC LIMIT ", kLotSamples),
               {std::to_string(lot.lot_id())})) {
        RowCursor cursor(sample);
        *lot.add_samples() = ToSample(cursor, false);
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return lot;
  }

  absl::StatusOr<std::vector<Device>> ListDevices(const std::string& site_code) override {
    Conditions where;
    if (!site_code.empty()) where.Add("d.site_code = $", site_code);
    return ReadRows<Device>(pool_, absl::StrCat(kDeviceSql, where.Sql(), " ORDER BY d.device_id"), where.params(), ToDevice);
  }

  absl::StatusOr<GetDeviceResponse> ReadDevice(const std::string& device_id, absl::Time now) override {
    const std::vector<std::string> day = {SqlTime(now - absl::Hours(24)), kNoEnd, device_id, ""};
    GetDeviceResponse response;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      response.Clear();
      const pqxx::result found = Run(transaction, absl::StrCat(kDeviceSql, " WHERE d.device_id = $1"), {device_id});
      if (found.empty()) {
        return WithErrorInfo(absl::NotFoundError(absl::StrCat("device ", device_id, " does not exist; GET /api/sqal/devices (ListDevices) names those that do")),
                             "DEVICE_NOT_FOUND", {{"device_id", device_id}});
      }
      *response.mutable_device() = ToDevice(RowCursor(found[0]));
      for (const pqxx::row& row :
           Run(transaction,
               absl::StrCat("SELECT ", SampleColumns(false), " FROM sqal_samples s WHERE s.device_id = $1 ",
                            "ORDER BY s.time DESC, s.batch_id DESC, s.ordinal DESC LIMIT 1"),
               {device_id})) {
        RowCursor cursor(row);
        *response.mutable_latest_sample() = ToSample(cursor, false);
      }
      for (const pqxx::row& row : Run(transaction, kHourly, day)) {
        *response.add_hourly_stats() = ToHourlyStat(RowCursor(row));
      }
      RowCursor totals(Run(transaction, absl::StrCat("SELECT ", kCellTotals, kPeriod), day)[0]);
      SetTotals(totals, response.mutable_stats_24h());
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<std::vector<PendingLot>> ListPendingLots(const std::string& status, const std::optional<PendingPlace>& after, int limit,
                                                          absl::Time now) override {
    Conditions where;
    const std::string now_param = where.Bind(SqlTime(now));
    const std::string at = now_param + "::timestamptz";
    if (status == "claimable") {
      where.Add(absl::StrCat("(p.status = 'pending' AND p.next_attempt_at <= ", at,
                             " OR p.status = 'inspecting' AND p.lease_until <= ", at, ")"));
    } else if (!status.empty()) {
      where.Add("p.status = $", status);
    }
    if (after.has_value()) {
      const std::string since = where.Bind(SqlTime(after->date_abattage));
      const std::string id = where.Bind(after->id);
      where.Add(absl::StrCat("(p.date_abattage, p.id) > (", since, "::timestamptz, ", id, "::integer)"));
    }
    const std::string count = where.Bind(limit);
    return ReadRows<PendingLot>(
        pool_,
        absl::StrCat(PendingLotSql(now_param), where.Sql(),
                     " ORDER BY p.date_abattage, p.id LIMIT ", count, "::integer"),
        where.params(), ToPendingLot);
  }

 private:
  Pool& pool_;
  const double density_;
};

}  // namespace

std::unique_ptr<QualityReader> NewPostgresQualityReader(Pool& pool, double density_g_cm3) {
  return std::make_unique<PostgresQualityReader>(pool, density_g_cm3);
}

}  // namespace egi::storage::read
