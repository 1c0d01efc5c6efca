// Prices, and the lots whose money is counted with them.
#ifndef EGI_SERVER_STORAGE_SUPERVISION_FINANCE_STORE_H_
#define EGI_SERVER_STORAGE_SUPERVISION_FINANCE_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "egi/supervision/v1/finance.pb.h"
#include "server/finance/account.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage {

// Prices and lots of one moment.
struct FinanceFacts {
  std::vector<supervision::v1::Price> prices;  // every row
  std::vector<finance::LotFacts> lots;         // by code; also those that do not count
};

// A price row, and whether this call made it.
struct EnteredPrice {
  supervision::v1::Price price;
  bool is_new = false;
};

// Thread-safe; blocks on the database. Every call may fail with UNAVAILABLE.
class FinanceStore {
 public:
  virtual ~FinanceStore() = default;

  // Every price row, by id.
  virtual absl::StatusOr<std::vector<supervision::v1::Price>> ListPrices() = 0;

  // Rows of `kind` (empty = all) with ids below `before` (0 = all), newest first, at most `limit`.
  virtual absl::StatusOr<std::vector<supervision::v1::Price>> ListHistory(const std::string& kind, int64_t before, int limit) = 0;

  // `request` is validated. Errors: ALREADY_EXISTS (its request_id entered another price).
  virtual absl::StatusOr<EnteredPrice> AddPrice(const supervision::v1::CreatePriceRequest& request) = 0;

  // Lots but cancelled ones whose gavage ended between `from` and `to` (ISO dates, empty = open) or, while it has not, is planned to; lots without any date always.
  // Grades are read only when a grade ever had a price.
  virtual absl::StatusOr<FinanceFacts> Read(const std::string& from, const std::string& to, const std::string& site) = 0;
};

// On PostgreSQL. `pool` must outlive the store.
std::unique_ptr<FinanceStore> NewPostgresFinanceStore(Pool& pool);

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_SUPERVISION_FINANCE_STORE_H_
