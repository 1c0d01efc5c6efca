#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/storage/postgres/json.h"
#include "server/storage/read/conditions.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/write/rejection_store.h"

namespace egi::storage::write {
namespace {

using ingest::v1::RejectedMessage;

// $11 is the payload in hexadecimal digits, empty = none.
constexpr char kInsert[] = R"sql(
  INSERT INTO rejected_messages (received_at, transport, kind, producer_id, sequence, device_id, sample_id, code_lot, reason,
                                 violations, payload, payload_bytes)
  VALUES ($1::timestamptz, $2::text, $3::text, nullif($4::text, ''), nullif($5::bigint, 0), nullif($6::text, ''), nullif($7::text, ''),
          nullif($8::text, ''), $9::text, $10::jsonb, nullif(decode($11::text, 'hex'), ''), $12::integer))sql";

constexpr char kSelect[] =
    "SELECT a.id, " EGI_US("a.received_at") ", a.transport, a.kind, a.producer_id, a.sequence, a.device_id, a.sample_id, a.code_lot, "
    "a.reason, a.violations FROM rejected_messages a";

std::string ViolationsJson(const RejectedMessage& message) {
  std::string json = "[";
  for (const auto& violation : message.violations()) {
    if (json.size() > 1) json += ",";
    JsonObject object(&json);
    object.Text("field", violation.field());
    object.Text("description", violation.description());
    object.Finish();
  }
  return json + "]";
}

std::vector<std::string> Params(const RejectedMessage& message) {
  const absl::Time received =
      absl::FromUnixSeconds(message.received_time().seconds()) + absl::Nanoseconds(message.received_time().nanos());
  return {SqlTime(received),
          message.transport(),
          message.kind(),
          message.producer_id(),
          absl::StrCat(message.sequence()),
          message.device_id(),
          message.sample_id(),
          message.code_lot(),
          message.reason(),
          ViolationsJson(message),
          absl::BytesToHexString(message.payload()),
          absl::StrCat(message.payload().size())};
}

RejectedMessage ToMessage(read::RowCursor row) {
  RejectedMessage message;
  message.set_id(row.Int());
  row.Set(&message, &RejectedMessage::mutable_received_time);
  message.set_transport(row.Text());
  message.set_kind(row.Text());
  message.set_producer_id(row.Text());
  message.set_sequence(row.Long());
  message.set_device_id(row.Text());
  message.set_sample_id(row.Text());
  message.set_code_lot(row.Text());
  message.set_reason(row.Text());
  struct Holder {
    google::protobuf::Value* mutable_value() { return &value; }
    google::protobuf::Value value;
  } violations;
  row.Set(&violations, &Holder::mutable_value);
  for (const auto& entry : violations.value.list_value().values()) {
    auto* violation = message.add_violations();
    const auto& fields = entry.struct_value().fields();
    if (const auto it = fields.find("field"); it != fields.end()) violation->set_field(it->second.string_value());
    if (const auto it = fields.find("description"); it != fields.end()) violation->set_description(it->second.string_value());
  }
  return message;
}

class PostgresRejectionStore final : public RejectionStore {
 public:
  explicit PostgresRejectionStore(Pool& pool) : pool_(pool) {}

  absl::Status Record(const std::vector<RejectedMessage>& messages) override {
    return pool_.Write([&](pqxx::transaction_base& transaction) {
      for (const RejectedMessage& message : messages) read::Run(transaction, kInsert, Params(message));
      return absl::OkStatus();
    });
  }

  absl::StatusOr<std::vector<RejectedMessage>> List(const RejectionQuery& query) override {
    read::Conditions where;
    if (!query.device_id.empty()) where.Add("a.device_id = $", query.device_id);
    if (!query.kind.empty()) where.Add("a.kind = $", query.kind);
    if (query.before_id > 0) where.Add("a.id < $::bigint", absl::StrCat(query.before_id));
    const std::string limit = where.Bind(query.limit);
    return read::ReadRows<RejectedMessage>(pool_, absl::StrCat(kSelect, where.Sql(), " ORDER BY a.id DESC LIMIT ", limit, "::integer"),
                                           where.params(), ToMessage);
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<RejectionStore> NewPostgresRejectionStore(Pool& pool) { return std::make_unique<PostgresRejectionStore>(pool); }

}  // namespace egi::storage::write
