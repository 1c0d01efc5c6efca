#include "server/app/schema.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "server/app/schema_version.h"

namespace egi::app {

absl::Status CheckSchema(storage::Pool* pool) {
  return pool->Read([](pqxx::transaction_base& transaction) -> absl::Status {
    if (transaction.exec1("SELECT to_regclass('egi_schema') IS NOT NULL")[0].as<bool>() == false) {
      return absl::FailedPreconditionError("the database has no EGI schema; run egi-migrate up on it first");
    }
    const auto version = transaction.exec1("SELECT version FROM egi_schema")[0].as<int64_t>();
    if (version < kSchemaVersion) {
      return absl::FailedPreconditionError(absl::StrCat("the database has schema version ", version, ", this server needs ",
                                                        kSchemaVersion, "; run egi-migrate up on it first"));
    }
    if (version > kSchemaVersion) {
      return absl::FailedPreconditionError(absl::StrCat("the database has schema version ", version, ", this server knows only ",
                                                        kSchemaVersion, "; start a newer server"));
    }
    return absl::OkStatus();
  });
}

}  // namespace egi::app
