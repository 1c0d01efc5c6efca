// Instants of messages, in the microseconds a database keeps: what is finer is cut off.
#ifndef EGI_SERVER_BASE_PROTO_TIME_H_
#define EGI_SERVER_BASE_PROTO_TIME_H_

#include <cstdint>

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace egi {

inline absl::Time ToTime(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Microseconds(timestamp.nanos() / 1000);
}

inline void ToTimestamp(absl::Time time, google::protobuf::Timestamp* timestamp) {
  const int64_t micros = absl::ToUnixMicros(time);
  int64_t seconds = micros / 1'000'000;
  if (micros % 1'000'000 < 0) --seconds;
  timestamp->set_seconds(seconds);
  timestamp->set_nanos(static_cast<int32_t>(micros - seconds * 1'000'000) * 1000);
}

}  // namespace egi

#endif  // EGI_SERVER_BASE_PROTO_TIME_H_
