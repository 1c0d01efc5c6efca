// Reads what the figures of lots are made of.
#ifndef EGI_SERVER_STORAGE_READ_PERFORMANCE_READER_H_
#define EGI_SERVER_STORAGE_READ_PERFORMANCE_READER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "egi/feeding/v1/performance.pb.h"
#include "server/performance/facts.h"
#include "server/storage/read/lot_key.h"

namespace egi::storage::read {

// A lot with everything its statistics need. The curve figures of `facts` are those of the curve in force, empty without one; sensed masses count `density_g_cm3`.
struct LotSheet {
  performance::LotFacts facts;
  // Identity, mortalite_pct and programme; the rest is left empty.
  feeding::v1::LotPerformance lot;
  // Identity, weights, adherence, health and derniere_mise_a_jour; the rest is left empty.
  feeding::v1::LotStats stats;
  double prescribed_g = 0;  // sum of the prescribed doses so far, g per duck; 0 without any
};

// A page of lots. Empty strings do not restrict.
struct SheetQuery {
  std::string site_code;   // LL, LS or MT
  std::string statut;      // a state, or `actif`; empty = all but annule
  std::string after_code;  // only lots with a greater code
  int limit = 100;         // > 0
};

// Thread-safe; blocks on the database. Every call may fail with UNAVAILABLE when the database does not answer.
class PerformanceReader {
 public:
  virtual ~PerformanceReader() = default;

  // Errors: NOT_FOUND.
  virtual absl::StatusOr<LotSheet> FindSheet(const LotKey& lot) = 0;

  // By code.
  virtual absl::StatusOr<std::vector<LotSheet>> ListSheets(const SheetQuery& query) = 0;

  // In the order asked. Errors: NOT_FOUND naming every unknown lot.
  virtual absl::StatusOr<std::vector<feeding::v1::LotQuality>> ListQuality(const std::vector<LotKey>& lots) = 0;

  // Newest first; `site_code` may be empty.
  virtual absl::StatusOr<std::vector<feeding::v1::CorrelationLot>> ListCorrelationLots(const std::string& site_code, int limit) = 0;
};

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_PERFORMANCE_READER_H_
