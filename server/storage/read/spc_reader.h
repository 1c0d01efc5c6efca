// Reads the measured quantity that statistical process control charts.
#ifndef EGI_SERVER_STORAGE_READ_SPC_READER_H_
#define EGI_SERVER_STORAGE_READ_SPC_READER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/storage/read/lot_key.h"

namespace egi::storage::read {

// A quantity: its public name, its unit (empty: none) and its column.
struct Characteristic {
  const char* name;
  const char* unit;
  const char* column;  // SQL over sqal_samples s
};

// All quantities that can be charted. `mass_g` is estimated from the volume at 0.947 g/cm3 (domain.md section 14).
const std::vector<Characteristic>& Characteristics();

// Samples with start <= time < end and a value; empty members do not restrict.
struct SpcQuery {
  const Characteristic* characteristic = nullptr;  // one of Characteristics()
  absl::Time start;
  absl::Time end;
  std::string device_id;
  std::optional<LotKey> lot;
  std::string site_code;  // LL, LS or MT
  int limit = 1;          // > 0, samples in all
};

enum class SpcGroup { kDevice, kLot, kSite };

// One sample; lot and site are empty when it names none.
struct SpcSample {
  absl::Time time;
  std::string sample_id;
  std::string device_id;
  std::string code_lot;
  std::string site_code;
  double value = 0;

  const std::string& group(SpcGroup by) const { return by == SpcGroup::kDevice ? device_id : by == SpcGroup::kLot ? code_lot : site_code; }
};

// Thread-safe; blocks on the database. Errors of every call: NOT_FOUND (unknown lot), UNAVAILABLE.
class SpcReader {
 public:
  virtual ~SpcReader() = default;

  // Oldest first.
  virtual absl::StatusOr<std::vector<SpcSample>> ReadSamples(const SpcQuery& query) = 0;

  // The newest `last` samples of each group that has a name, by group, then oldest first.
  virtual absl::StatusOr<std::vector<SpcSample>> ReadNewest(const SpcQuery& query, SpcGroup by, int last) = 0;
};

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_SPC_READER_H_
