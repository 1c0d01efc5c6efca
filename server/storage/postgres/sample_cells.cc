#include "server/storage/postgres/sample_cells.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "server/base/proto_time.h"
#include "server/storage/postgres/sql_time.h"

namespace egi::storage {
namespace {

constexpr int64_t kHourUs = 3'600'000'000;

// The columns of sqal_hour_rollup, in its order.
constexpr char kCount[] = R"(
SELECT egi_count_samples(ARRAY(
  SELECT ROW(c.*)::sqal_hour_rollup
  FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
              $10::bigint[], $11::float8[], $12::float8[], $13::float8[], $14::bigint[], $15::float8[], $16::bigint[], $17::float8[],
              $18::timestamptz[], $19::timestamptz[]) AS c)))";

int64_t HourOf(int64_t us) { return us >= 0 ? us / kHourUs * kHourUs : -((-us + kHourUs - 1) / kHourUs) * kHourUs; }

// Builds {a,b,...}; the values need no quotes.
class ArrayText {
 public:
  void Int(int64_t value) { absl::StrAppend(Next(), value); }
  void Real(double value) { absl::StrAppendFormat(Next(), "%.17g", value); }
  void Time(int64_t us) { absl::StrAppend(Next(), "\"", SqlTime(absl::FromUnixMicros(us)), "\""); }
  std::string Take() { return std::move(text_) + "}"; }

 private:
  std::string* Next() {
    if (text_.size() > 1) text_.push_back(',');
    return &text_;
  }
  std::string text_ = "{";
};

}  // namespace

void SampleCells::Add(const quality::v1::GradedSample& graded) {
  const quality::v1::Sample& sample = graded.sample();
  const int64_t us = absl::ToUnixMicros(ToTime(sample.sample_time()));
  Cell& cell = cells_[Key(HourOf(us), sample.device_id(), graded.site_code())];
  const bool fresh = cell.samples++ == 0;
  cell.first_us = fresh ? us : std::min(cell.first_us, us);
  cell.last_us = fresh ? us : std::max(cell.last_us, us);
  const auto& result = graded.result();
  cell.compliant += result.is_compliant() ? 1 : 0;
  const std::string& grade = result.final_grade();
  ++(grade == "A+" ? cell.a_plus : grade == "A" ? cell.a : grade == "B" ? cell.b : grade == "C" ? cell.c : cell.reject);
  cell.score_sum += result.final_score();
  cell.score_min = std::min(cell.score_min, result.final_score());
  cell.score_max = std::max(cell.score_max, result.final_score());
  if (sample.has_tof_analysis()) {
    ++cell.volume_count;
    cell.volume_sum += sample.tof_analysis().volume_mm3();
  }
  if (sample.has_spectral_analysis()) {
    ++cell.freshness_count;
    cell.freshness_sum += sample.spectral_analysis().freshness_index();
  }
}

absl::Status SampleCells::Write(Connection* connection) const {
  if (cells_.empty()) return absl::OkStatus();
  std::vector<std::string> devices, sites;
  ArrayText hours, first, last;
  ArrayText counts[7];  // samples, compliant, grades
  ArrayText scores[3];  // sum, min, max
  ArrayText volume_count, volume_sum, freshness_count, freshness_sum;
  for (const auto& [key, cell] : cells_) {
    hours.Time(std::get<0>(key));
    devices.push_back(std::get<1>(key));
    sites.push_back(std::get<2>(key));
    const int64_t numbers[] = {cell.samples, cell.compliant, cell.a_plus, cell.a, cell.b, cell.c, cell.reject};
    for (int i = 0; i < 7; ++i) counts[i].Int(numbers[i]);
    scores[0].Real(cell.score_sum);
    scores[1].Real(cell.score_min);
    scores[2].Real(cell.score_max);
    volume_count.Int(cell.volume_count);
    volume_sum.Real(cell.volume_sum);
    freshness_count.Int(cell.freshness_count);
    freshness_sum.Real(cell.freshness_sum);
    first.Time(cell.first_us);
    last.Time(cell.last_us);
  }
  std::vector<Param> params = {hours.Take(), TextArray(devices), TextArray(sites)};
  for (ArrayText& array : counts) params.emplace_back(array.Take());
  for (ArrayText& array : scores) params.emplace_back(array.Take());
  for (ArrayText* array : {&volume_count, &volume_sum, &freshness_count, &freshness_sum, &first, &last}) params.emplace_back(array->Take());
  return connection->Query(kCount, params).status();
}

}  // namespace egi::storage
