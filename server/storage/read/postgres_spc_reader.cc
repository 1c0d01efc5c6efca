#include <memory>

#include "absl/strings/str_cat.h"
#include "server/storage/read/conditions.h"
#include "server/storage/read/postgres_readers.h"
#include "server/storage/read/session.h"
#include "server/storage/read/spc_reader.h"

namespace egi::storage::read {
namespace {

constexpr char kColumns[] = "s.sample_id, s.device_id, s.code_lot, s.site_code";

const char* GroupColumn(SpcGroup by) { return by == SpcGroup::kDevice ? "s.device_id" : by == SpcGroup::kLot ? "s.code_lot" : "s.site_code"; }

SpcSample ToSpcSample(RowCursor row) {
  SpcSample sample;
  sample.time = row.Time();
  sample.sample_id = row.Text();
  sample.device_id = row.Text();
  sample.code_lot = row.Text();
  sample.site_code = row.Text();
  sample.value = row.Double();
  return sample;
}

// The conditions name indexed columns bare, so that the index of the device, the lot or the time is used.
Conditions Where(const SpcQuery& query) {
  Conditions where;
  where.Add("s.time >= $::timestamptz", SqlTime(query.start));
  where.Add("s.time < $::timestamptz", SqlTime(query.end));
  if (!query.device_id.empty()) where.Add("s.device_id = $", query.device_id);
  if (!query.site_code.empty()) where.Add("s.site_code = $", query.site_code);
  if (query.lot.has_value()) {
    where.Add(absl::StrCat("s.lot_id = (SELECT l.id FROM lots_gavage l WHERE ", LotIs(*query.lot), " = $)"), LotValue(*query.lot));
  }
  // Neither null nor NaN nor infinite.
  where.Add(absl::StrCat(query.characteristic->column, " BETWEEN -1e15 AND 1e15"));
  return where;
}

class PostgresSpcReader final : public SpcReader {
 public:
  explicit PostgresSpcReader(Pool& pool) : pool_(pool) {}

  absl::StatusOr<std::vector<SpcSample>> ReadSamples(const SpcQuery& query) override {
    Conditions where = Where(query);
    const std::string limit = where.Bind(query.limit);
    return Read(query,
                absl::StrCat("SELECT ", EGI_US("s.time"), ", ", kColumns, ", ", query.characteristic->column, " FROM sqal_samples s",
                             where.Sql(), " ORDER BY s.time, s.batch_id, s.ordinal LIMIT ", limit, "::integer"),
                where);
  }

  absl::StatusOr<std::vector<SpcSample>> ReadNewest(const SpcQuery& query, SpcGroup by, int last) override {
    Conditions where = Where(query);
    where.Add(absl::StrCat(GroupColumn(by), " IS NOT NULL"));
    const std::string most = where.Bind(last);
    const std::string limit = where.Bind(query.limit);
    return Read(query,
                absl::StrCat("SELECT time_us, sample_id, device_id, code_lot, site_code, value FROM (SELECT ", EGI_US("s.time"),
                             " AS time_us, ", kColumns, ", ", query.characteristic->column, " AS value, ", GroupColumn(by),
                             " AS member, s.batch_id, s.ordinal, row_number() OVER (PARTITION BY ", GroupColumn(by),
                             " ORDER BY s.time DESC, s.batch_id DESC, s.ordinal DESC) AS newest FROM sqal_samples s", where.Sql(),
                             ") ranked WHERE newest <= ", most, "::integer ORDER BY member, time_us, batch_id, ordinal LIMIT ", limit,
                             "::integer"),
                where);
  }

 private:
  absl::StatusOr<std::vector<SpcSample>> Read(const SpcQuery& query, const std::string& sql, const Conditions& where) {
    std::vector<SpcSample> samples;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) {
      samples.clear();
      if (query.lot.has_value()) {
        const std::string known = absl::StrCat("SELECT 1 FROM lots_gavage l WHERE ", LotIs(*query.lot), " = $1");
        if (Run(transaction, known, {LotValue(*query.lot)}).empty()) return LotNotFound(*query.lot);
      }
      for (const pqxx::row& row : Run(transaction, sql, where.params())) samples.push_back(ToSpcSample(RowCursor(row)));
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return samples;
  }

  Pool& pool_;
};

}  // namespace

const std::vector<Characteristic>& Characteristics() {
  static const auto& all = *new std::vector<Characteristic>{
      {"thickness_mm", "mm", "s.vl53l8ch_avg_height_mm"},
      {"volume_mm3", "mm3", "s.vl53l8ch_volume_mm3"},
      {"mass_g", "g", "(s.vl53l8ch_volume_mm3 * 0.000947)"},
      {"fusion_score", "", "s.fusion_final_score"},
      {"tof_score", "", "s.vl53l8ch_quality_score"},
      {"spectral_score", "", "s.as7341_quality_score"},
      {"freshness", "", "s.as7341_freshness_index"},
      {"oxidation", "", "s.as7341_oxidation_index"},
      {"fat", "", "s.as7341_fat_quality_index"},
  };
  return all;
}

std::unique_ptr<SpcReader> NewPostgresSpcReader(Pool& pool) { return std::make_unique<PostgresSpcReader>(pool); }

}  // namespace egi::storage::read
