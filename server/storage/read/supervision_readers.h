// The reader of the supervisors' pages on PostgreSQL and TimescaleDB.
#ifndef EGI_SERVER_STORAGE_READ_SUPERVISION_READERS_H_
#define EGI_SERVER_STORAGE_READ_SUPERVISION_READERS_H_

#include <memory>

#include "server/storage/postgres/pool.h"
#include "server/storage/read/supervision_reader.h"

namespace egi::storage::read {

// `pool` must outlive the reader. Liver masses are volumes times `density_g_cm3` (domain.md section 4).
std::unique_ptr<SupervisionReader> NewPostgresSupervisionReader(Pool& pool, double density_g_cm3 = 0.947);

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_SUPERVISION_READERS_H_
