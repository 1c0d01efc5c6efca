#include "server/base/rich_status.h"

#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

namespace egi {
namespace {

TEST(RichStatusTest, EveryBadFieldIsNamedInMessageAndDetails) {
  const google::rpc::Status rpc = ToRpcStatus(InvalidFields({{"a.b", "must be positive"}, {"c", "is required"}}));
  EXPECT_EQ(rpc.code(), 3);
  EXPECT_EQ(rpc.message(), "a.b: must be positive; c: is required");
  google::rpc::BadRequest bad_request;
  for (const auto& detail : rpc.details()) detail.UnpackTo(&bad_request);
  ASSERT_EQ(bad_request.field_violations_size(), 2);
  EXPECT_EQ(bad_request.field_violations(1).field(), "c");
}

TEST(RichStatusTest, QuotedHalfCharacterDoesNotSpoilTheError) {
  const absl::Status status = InvalidFields({{"grade", "is \"caf\xC3\", expected A+"}});
  EXPECT_EQ(status.message(), "grade: is \"caf?\", expected A+");
  google::rpc::BadRequest bad_request;
  const google::rpc::Status rpc = ToRpcStatus(status);
  for (const auto& detail : rpc.details()) detail.UnpackTo(&bad_request);
  ASSERT_EQ(bad_request.field_violations_size(), 1);
  EXPECT_EQ(bad_request.field_violations(0).description(), "is \"caf?\", expected A+");
}

TEST(RichStatusTest, EveryErrorCarriesErrorInfoOfEgi) {
  const google::rpc::Status rpc = ToRpcStatus(absl::NotFoundError("no such lot"));
  ASSERT_EQ(rpc.details_size(), 1);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(rpc.details(0).UnpackTo(&info));
  EXPECT_EQ(info.domain(), "egi");
  EXPECT_EQ(info.reason(), "NOT_FOUND");
}

TEST(RichStatusTest, OverloadSaysWhenToRetry) {
  const google::rpc::Status rpc = ToRpcStatus(Overloaded("busy", absl::Milliseconds(1500)));
  google::rpc::RetryInfo retry;
  for (const auto& detail : rpc.details()) detail.UnpackTo(&retry);
  EXPECT_EQ(retry.retry_delay().seconds(), 1);
  EXPECT_EQ(retry.retry_delay().nanos(), 500'000'000);
}

TEST(RichStatusTest, RoundTripKeepsDetails) {
  const absl::Status status = WithErrorInfo(absl::OutOfRangeError("gap"), "SEQUENCE_GAP", {{"expected", "7"}});
  EXPECT_EQ(FromRpcStatus(ToRpcStatus(status)), status);
}

TEST(RichStatusTest, OkHasNoDetails) { EXPECT_EQ(ToRpcStatus(absl::OkStatus()).details_size(), 0); }

}  // namespace
}  // namespace egi
