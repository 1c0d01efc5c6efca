#include "server/storage/fake/fake_stats_reader.h"

#include <algorithm>
#include <limits>
#include <map>

#include "server/base/proto_time.h"

namespace egi::storage {
namespace {

using quality::v1::GetSiteStatsResponse;
using quality::v1::GradedSample;
using quality::v1::HourlyStat;

constexpr const char* kGrades[] = {"A+", "A", "B", "C", "REJECT"};
constexpr int kTopDevices = 10;

class Mean {
 public:
  void Add(double value) {
    sum_ += value;
    ++count_;
  }
  int count() const { return count_; }
  double value() const { return count_ == 0 ? 0 : sum_ / count_; }

 private:
  double sum_ = 0;
  int count_ = 0;
};

double Percent(const GradedSample& sample) { return sample.result().is_compliant() ? 100 : 0; }

}  // namespace

absl::StatusOr<std::vector<GradedSample>> FakeStatsReader::Find(const read::StatsQuery& query) {
  auto batches = events_->ReadAfter(0, std::numeric_limits<int>::max());
  if (!batches.ok()) return batches.status();
  std::vector<GradedSample> found;
  for (const auto& batch : *batches) {
    for (const auto& event : batch->events) {
      if (!event.has_sample()) continue;
      const GradedSample& graded = event.sample();
      const absl::Time time = ToTime(graded.sample().sample_time());
      if (time < query.start || time >= query.end) continue;
      if (!query.device_id.empty() && graded.sample().device_id() != query.device_id) continue;
      if (!query.site_code.empty() && graded.site_code() != query.site_code) continue;
      found.push_back(graded);
    }
  }
  return found;
}

absl::StatusOr<std::vector<HourlyStat>> FakeStatsReader::ListHourlyStats(const read::StatsQuery& query) {
  auto samples = Find(query);
  if (!samples.ok()) return samples.status();
  std::map<std::pair<absl::Time, std::string>, std::vector<const GradedSample*>> hours;
  for (const GradedSample& graded : *samples) {
    const absl::Time time = ToTime(graded.sample().sample_time());
    hours[{absl::FromUnixSeconds(absl::ToUnixSeconds(time) / 3600 * 3600), graded.sample().device_id()}].push_back(&graded);
  }
  std::vector<HourlyStat> stats;
  for (const auto& [key, members] : hours) {
    HourlyStat& stat = stats.emplace_back();
    ToTimestamp(key.first, stat.mutable_bucket());
    stat.set_device_id(key.second);
    Mean score, volume, freshness, compliance;
    std::map<std::string, int> grades;
    for (const GradedSample* graded : members) {
      score.Add(graded->result().final_score());
      compliance.Add(Percent(*graded));
      ++grades[graded->result().final_grade()];
      const auto& sample = graded->sample();
      if (sample.has_tof_analysis()) volume.Add(sample.tof_analysis().volume_mm3());
      if (sample.has_spectral_analysis()) freshness.Add(sample.spectral_analysis().freshness_index());
    }
    stat.set_sample_count(score.count());
    stat.set_avg_quality_score(score.value());
    stat.set_count_a_plus(grades["A+"]);
    stat.set_count_a(grades["A"]);
    stat.set_count_b(grades["B"]);
    stat.set_count_c(grades["C"]);
    stat.set_count_reject(grades["REJECT"]);
    stat.set_avg_volume_mm3(volume.value());
    stat.set_avg_freshness_index(freshness.value());
    stat.set_compliance_rate_pct(compliance.value());
  }
  return stats;
}

absl::StatusOr<GetSiteStatsResponse> FakeStatsReader::ReadSiteStats(const read::StatsQuery& query) {
  auto samples = Find(query);
  if (!samples.ok()) return samples.status();
  GetSiteStatsResponse stats;
  for (const char* grade : kGrades) (*stats.mutable_grade_distribution())[grade] = 0;
  Mean score, compliance;
  std::map<std::string, std::pair<Mean, Mean>> sites;
  std::map<std::string, Mean> devices;
  for (const GradedSample& graded : *samples) {
    const double value = graded.result().final_score();
    score.Add(value);
    compliance.Add(Percent(graded));
    ++(*stats.mutable_grade_distribution())[graded.result().final_grade()];
    devices[graded.sample().device_id()].Add(value);
    if (graded.site_code().empty()) continue;
    sites[graded.site_code()].first.Add(value);
    sites[graded.site_code()].second.Add(Percent(graded));
  }
  stats.set_total_samples(score.count());
  if (score.count() > 0) {
    stats.mutable_avg_quality_score()->set_value(score.value());
    stats.mutable_compliance_rate_pct()->set_value(compliance.value());
  }
  for (const auto& [site, means] : sites) {
    auto* quality = stats.add_sites();
    quality->set_site_code(site);
    quality->set_total_samples(means.first.count());
    quality->set_avg_quality_score(means.first.value());
    quality->set_compliance_rate_pct(means.second.value());
  }
  std::vector<std::pair<std::string, Mean>> best(devices.begin(), devices.end());
  std::stable_sort(best.begin(), best.end(), [](const auto& a, const auto& b) { return a.second.value() > b.second.value(); });
  for (size_t i = 0; i < best.size() && i < kTopDevices; ++i) {
    auto* quality = stats.add_top_devices();
    quality->set_device_id(best[i].first);
    quality->set_sample_count(best[i].second.count());
    quality->set_avg_quality_score(best[i].second.value());
  }
  return stats;
}

absl::StatusOr<std::vector<std::pair<std::string, int>>> FakeStatsReader::CountGrades(const read::StatsQuery& query) {
  auto samples = Find(query);
  if (!samples.ok()) return samples.status();
  std::map<std::string, int> counts;
  for (const GradedSample& graded : *samples) ++counts[graded.result().final_grade()];
  std::vector<std::pair<std::string, int>> grades;
  for (const char* grade : kGrades) {
    if (counts[grade] > 0) grades.emplace_back(grade, counts[grade]);
  }
  return grades;
}

}  // namespace egi::storage
