// The schema this build knows.
#ifndef EGI_SERVER_APP_SCHEMA_H_
#define EGI_SERVER_APP_SCHEMA_H_

#include "absl/status/status.h"
#include "server/storage/postgres/pool.h"

namespace egi::app {

// OK when the database was brought by egi-migrate to the version this build was made for. FAILED_PRECONDITION otherwise, with what to do.
// UNAVAILABLE when the database does not answer.
absl::Status CheckSchema(storage::Pool* pool);

}  // namespace egi::app

#endif  // EGI_SERVER_APP_SCHEMA_H_
