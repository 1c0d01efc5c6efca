// Takes the columns of a row one after the other, in the order of the SELECT, into the fields of a message.
#ifndef EGI_SERVER_STORAGE_READ_ROW_CURSOR_H_
#define EGI_SERVER_STORAGE_READ_ROW_CURSOR_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/wrappers.pb.h"
#include "pqxx/pqxx"
#include "server/base/proto_time.h"
#include "server/storage/postgres/sql_time.h"

// SQL: a timestamptz as whole microseconds since 1970, the form RowCursor::Time takes.
#define EGI_US(expression) "(extract(epoch from " expression ") * 1000000)::bigint"

namespace egi::storage::read {

// Not thread-safe. A null column reads as 0, "" or false; the Set calls leave the field of a null column absent.
class RowCursor {
 public:
  explicit RowCursor(const pqxx::row& row) : row_(row) {}

  int32_t Int() { return static_cast<int32_t>(Long()); }
  int64_t Long();
  double Double();
  std::string Text();
  bool Bool();
  absl::Time Time();  // infinite past for null
  bool IsNull() const { return row_[next_].is_null(); }  // of the next column
  void Skip() { ++next_; }
  pqxx::field Field() { return row_[next_++]; }

  template <typename Message>
  void Set(Message* message, google::protobuf::DoubleValue* (Message::*field)()) {
    if (Present()) (message->*field)()->set_value(Double());
  }
  template <typename Message>
  void Set(Message* message, google::protobuf::Int32Value* (Message::*field)()) {
    if (Present()) (message->*field)()->set_value(Int());
  }
  template <typename Message>
  void Set(Message* message, google::protobuf::StringValue* (Message::*field)()) {
    if (Present()) (message->*field)()->set_value(Text());
  }
  template <typename Message>
  void Set(Message* message, google::protobuf::BoolValue* (Message::*field)()) {
    if (Present()) (message->*field)()->set_value(Bool());
  }
  template <typename Message>
  void Set(Message* message, google::protobuf::Timestamp* (Message::*field)()) {
    if (Present()) ToTimestamp(Time(), (message->*field)());
  }
  // A json column that is not null, into a message of google.protobuf (Value, Struct, ListValue).
  void Json(google::protobuf::Message* message);
  template <typename Message>
  void Set(Message* message, google::protobuf::Value* (Message::*field)()) {
    if (Present()) Json((message->*field)());
  }
  template <typename Message>
  void Set(Message* message, google::protobuf::Struct* (Message::*field)()) {
    if (Present()) Json((message->*field)());
  }

 private:
  // Steps over a null column.
  bool Present();

  const pqxx::row row_;
  int next_ = 0;
};

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_ROW_CURSOR_H_
