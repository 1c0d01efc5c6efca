#include "server/storage/postgres/event_append.h"

namespace egi::storage {
namespace {

constexpr char kPayload[] = "INSERT INTO event_payloads (batch_id, ordinal, payload) VALUES ($1, $2, $3)";

constexpr char kTick[] = R"(
WITH tick AS (UPDATE event_clock SET last_seq = last_seq + 1 RETURNING last_seq)
INSERT INTO event_batches (commit_seq, batch_id, kind, rows) SELECT last_seq, $1, $2, $3 FROM tick)";

}  // namespace

void AppendEvents(pqxx::transaction_base& transaction, const std::string& kind, const std::vector<realtime::v1::Event>& events) {
  if (events.empty()) return;
  const auto batch_id = transaction.exec1("SELECT nextval('event_batch_id_seq')")[0].as<int64_t>();
  for (size_t i = 0; i < events.size(); ++i) {
    transaction.exec_params(kPayload, batch_id, static_cast<int>(i), pqxx::binarystring(events[i].SerializeAsString()));
  }
  transaction.exec_params(kTick, batch_id, kind, static_cast<int>(events.size()));
}

}  // namespace egi::storage
