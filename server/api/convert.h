// Small conversions shared by the handlers.
#ifndef EGI_SERVER_API_CONVERT_H_
#define EGI_SERVER_API_CONVERT_H_

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "server/base/proto_time.h"

namespace egi::api {

// Moves the values of a store into a repeated field.
template <typename Message>
void MoveAll(std::vector<Message> values, google::protobuf::RepeatedPtrField<Message>* field) {
  field->Reserve(static_cast<int>(values.size()));
  for (Message& value : values) *field->Add() = std::move(value);
}

// Moves the answer of a store into the response of a call.
template <typename Message>
absl::Status Answer(absl::StatusOr<Message> value, Message* response) {
  if (!value.ok()) return value.status();
  *response = *std::move(value);
  return absl::OkStatus();
}

template <typename Message>
absl::Status AnswerAll(absl::StatusOr<std::vector<Message>> values, google::protobuf::RepeatedPtrField<Message>* field) {
  if (!values.ok()) return values.status();
  MoveAll(*std::move(values), field);
  return absl::OkStatus();
}

}  // namespace egi::api

#endif  // EGI_SERVER_API_CONVERT_H_
