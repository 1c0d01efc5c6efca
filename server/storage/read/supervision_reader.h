// Reads what the pages of supervisors are made of, each from one snapshot.
#ifndef EGI_SERVER_STORAGE_READ_SUPERVISION_READER_H_
#define EGI_SERVER_STORAGE_READ_SUPERVISION_READER_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "egi/feeding/v1/performance.pb.h"
#include "egi/quality/v1/integration.pb.h"
#include "egi/supervision/v1/dashboard.pb.h"
#include "server/storage/read/performance_reader.h"

namespace egi::storage::read {

// Sums over final lots: those whose ITM is known and that were not cancelled (SiteReader).
struct LotSums {
  int lots = 0;
  double liver_kg = 0;  // birds hung * corn per duck / ITM
  double corn_kg = 0;   // birds hung * corn per duck
};

// Sums over samples.
struct SampleSums {
  int64_t samples = 0;
  int64_t compliant = 0;
  double score = 0;                   // each 0..1
  std::array<int64_t, 5> grades = {}; // A+, A, B, C, REJECT
};

// A period of whole days and the one before it. Instants are the midnights of the days at the sites.
struct TrendPeriods {
  absl::CivilDay first_before, first, last;    // before: first_before .. first - 1; then first .. last
  absl::Time start_before, start, end;         // of samples: [start_before, start), [start, end)
};

struct CombinedSums {
  struct Site {
    std::string code, name;
    LotSums all, latest, before;
    SampleSums samples;
  };
  std::vector<Site> sites;  // by code
  SampleSums samples, latest_samples, samples_before;  // also of samples without a site
  std::vector<quality::v1::LotPair> pairs;  // highest ITM first
  std::vector<supervision::v1::CombinedAlert> alerts;  // open ones, newest first
  int open_sqal = 0;
  int open_euralis = 0;
};

// Lots of a period. The day of a lot is the one its feeding ended; before, its first day; before that is known, the day it was stored.
struct AnalysisQuery {
  std::string site_code;  // empty = all
  std::optional<absl::CivilDay> from, to;
  // Only lots behind this place: days since 1970 and id, both falling.
  struct Place {
    int64_t day = 0;
    int64_t id = 0;
  };
  std::optional<Place> after;
  int limit = 50;  // > 0
};

struct AnalysisLots {
  struct Lot {
    LotSheet sheet;
    feeding::v1::LotQuality quality;
    std::optional<std::string> first_day, end_day;  // ISO dates
    AnalysisQuery::Place place;
  };
  std::vector<Lot> lots;  // newest day first
  // Over every lot of the query, also those beyond the limit: the cards, and the figures of the final lots.
  supervision::v1::QualitySummary summary;
  std::vector<double> itm, sigma;
};

// A feeder with the sums over his lots.
struct FeederSums {
  int32_t id = 0;
  LotSums lots;
  int64_t placed = 0, lost = 0;  // birds of lots whose birds were hung
  int sigmas = 0;
  double sigma_sum = 0;
};

// Thread-safe; blocks on the database. Every call may fail with UNAVAILABLE when the database does not answer.
class SupervisionReader {
 public:
  virtual ~SupervisionReader() = default;

  // Points are lots with more than `min_samples` samples; `now` decides which alerts are shelved, and thus not open.
  virtual absl::StatusOr<CombinedSums> ReadCombined(const TrendPeriods& periods, int min_samples, int alert_limit, absl::Time now) = 0;

  virtual absl::StatusOr<AnalysisLots> ReadAnalysis(const AnalysisQuery& query) = 0;

  // Feeders (of a site, by most of their lots), lowest ITM first, those without a final lot last, by id.
  virtual absl::StatusOr<std::vector<FeederSums>> ListFeeders(const std::string& site_code) = 0;
};

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_SUPERVISION_READER_H_
