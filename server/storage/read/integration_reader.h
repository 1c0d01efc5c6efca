// Reads lots beside the quality of their livers.
#ifndef EGI_SERVER_STORAGE_READ_INTEGRATION_READER_H_
#define EGI_SERVER_STORAGE_READ_INTEGRATION_READER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "egi/quality/v1/integration.pb.h"

namespace egi::storage::read {

// Thread-safe; blocks on the database.
class IntegrationReader {
 public:
  virtual ~IntegrationReader() = default;

  // Lots with an ITM and more than `min_samples` samples, highest ITM first. `site_code` may be empty. Errors: UNAVAILABLE.
  virtual absl::StatusOr<std::vector<quality::v1::LotPair>> ListPairs(const std::string& site_code, int min_samples) = 0;

  // Every lot with a sample, newest measurement first, at most `limit` of them. `site_code` may be empty. Errors: UNAVAILABLE.
  virtual absl::StatusOr<quality::v1::ListLotAggregatesResponse> ListAggregates(const std::string& site_code, int limit) = 0;
};

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_INTEGRATION_READER_H_
