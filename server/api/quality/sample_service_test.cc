#include "server/api/api_test_server.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "egi/quality/v1/record.grpc.pb.h"
#include "gmock/gmock.h"

namespace egi::api {
namespace {

using quality::v1::ListSamplesRequest;
using quality::v1::ListSamplesResponse;
using quality::v1::SampleRecord;
using quality::v1::SampleService;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class SampleServiceTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    stub_ = SampleService::NewStub(channel_);
  }

  // Stored `minutes` before the clock. Distances 0.25 * cell (packed as quarters), reflectances = cell (bytes), amplitudes 96.1 (floats).
  void AddSample(const std::string& device, const std::string& id, int minutes, const std::string& lot_id = "NULL") {
    Sql(absl::StrCat(
        "WITH s AS (INSERT INTO sqal_samples (time, device_id, sample_id, site_code, lot_id, fusion_final_score, fusion_final_grade, "
        "fusion_is_compliant, vl53l8ch_volume_mm3, as7341_values, details, distance_cells, reflectance_cells, amplitude_cells) "
        "SELECT timestamptz '2026-02-03 09:00+00' - interval '",
        minutes, " minutes', '", device, "', '", id, "', 'LL', ", lot_id, ", 0.8, 'A', true, 550000, '{1,2,3,4,5,6,7,8,9,10.5}', ",
        "'{\"vl53l8ch_defects\": [{\"type\": \"edge_damage\"}]}', ",
        "'\\x03' || string_agg(set_byte('\\x0000', 1, i), '' ORDER BY i), '\\x01' || string_agg(set_byte('\\x00', 0, i), '' ORDER BY i), ",
        "decode('05' || repeat('42c03333', 64), 'hex') FROM generate_series(0, 63) i RETURNING *) ",
        "INSERT INTO sqal_sample_index SELECT device_id, sample_id, time, '\\x0011223344556677' FROM s"));
  }

  std::unique_ptr<SampleService::Stub> stub_;
};

TEST_F(SampleServiceTest, LatestIsTheNewestByDeviceTimeWithMatrices) {
  quality::v1::GetLatestSampleRequest request;
  SampleRecord sample;
  grpc::Status status = Call(*stub_, &SampleService::Stub::GetLatestSample, request, &sample);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Reason(status), "SAMPLE_NOT_FOUND");
  AddSample("ESP32_LL_01", "new", 1);
  AddSample("ESP32_LL_01", "old", 9);
  AddSample("ESP32_LS_01", "other", 5);
  ASSERT_TRUE(Call(*stub_, &SampleService::Stub::GetLatestSample, request, &sample).ok());
  EXPECT_EQ(sample.sample_id(), "new");
  ASSERT_EQ(sample.vl53l8ch_distance_matrix_size(), 8);
  ASSERT_EQ(sample.vl53l8ch_distance_matrix(7).values_size(), 8);
  EXPECT_EQ(sample.vl53l8ch_distance_matrix(7).values(6).number_value(), 15.5);  // cell 62
  EXPECT_EQ(sample.vl53l8ch_reflectance_matrix(1).values(2).number_value(), 10);
  EXPECT_EQ(sample.vl53l8ch_amplitude_matrix(0).values(0).number_value(), 96.1);
  EXPECT_EQ(sample.as7341_channels().size(), 10u);
  EXPECT_EQ(sample.as7341_channels().at("F1_415nm"), 1);
  EXPECT_EQ(sample.as7341_channels().at("NIR"), 10.5);
  EXPECT_EQ(sample.vl53l8ch_defects().list_value().values_size(), 1);
  EXPECT_EQ(sample.as7341_defects().list_value().values_size(), 0);
  EXPECT_FALSE(sample.has_vl53l8ch_bins_analysis());
  request.set_device_id("ESP32_LS_01");
  ASSERT_TRUE(Call(*stub_, &SampleService::Stub::GetLatestSample, request, &sample).ok());
  EXPECT_EQ(sample.sample_id(), "other");
}

TEST_F(SampleServiceTest, SummaryHasNoMatricesAndFullHasThem) {
  AddSample("ESP32_LL_01", "a", 1);
  ListSamplesRequest request;
  ListSamplesResponse response;
  ASSERT_TRUE(Call(*stub_, &SampleService::Stub::ListSamples, request, &response).ok());
  ASSERT_EQ(response.count(), 1);
  EXPECT_EQ(response.samples(0).vl53l8ch_distance_matrix_size(), 0);
  EXPECT_EQ(response.samples(0).as7341_channels().size(), 10u);
  EXPECT_EQ(response.period().end().seconds(), 1770109200);
  EXPECT_EQ(response.period().start().seconds(), 1770109200 - 86400);
  request.set_fields("full");
  ASSERT_TRUE(Call(*stub_, &SampleService::Stub::ListSamples, request, &response).ok());
  EXPECT_EQ(response.samples(0).vl53l8ch_distance_matrix_size(), 8);
}

TEST_F(SampleServiceTest, PagesAreNewestFirstAndHoldWhileSamplesArriveAndTheClockMoves) {
  for (int i = 0; i < 10; ++i) AddSample("ESP32_LL_01", absl::StrCat("s", i), 1 + i / 2);  // two of each time
  ListSamplesRequest request;
  request.set_limit(3);
  std::vector<std::string> ids;
  for (int page = 0; page < 10; ++page) {
    ListSamplesResponse response;
    ASSERT_TRUE(Call(*stub_, &SampleService::Stub::ListSamples, request, &response).ok());
    EXPECT_EQ(response.period().end().seconds(), 1770109200) << "the period is that of the first page";
    for (const auto& sample : response.samples()) ids.push_back(sample.sample_id());
    clock_.Advance(absl::Minutes(1));
    AddSample("ESP32_LL_01", absl::StrCat("late", page), 0);
    if (response.next_page_token().empty()) break;
    request.set_page_token(response.next_page_token());
  }
  EXPECT_THAT(ids, ElementsAre("s1", "s0", "s3", "s2", "s5", "s4", "s7", "s6", "s9", "s8"));
}

TEST_F(SampleServiceTest, FilterByDeviceLotAndTime) {
  Sql("INSERT INTO lots_gavage (id, code_lot, site_code) VALUES (311, 'LL2602001', 'LL')");
  AddSample("ESP32_LL_01", "in-lot", 10, "311");
  AddSample("ESP32_LL_01", "no-lot", 20);
  AddSample("ESP32_LS_01", "other", 30);
  AddSample("ESP32_LS_01", "yesterday", 25 * 60);
  ListSamplesRequest request;
  ListSamplesResponse response;
  ASSERT_TRUE(Call(*stub_, &SampleService::Stub::ListSamples, request, &response).ok());
  EXPECT_EQ(response.count(), 3);
  request.set_hours(48);
  ASSERT_TRUE(Call(*stub_, &SampleService::Stub::ListSamples, request, &response).ok());
  EXPECT_EQ(response.count(), 4);
  for (const char* lot : {"311", "LL2602001"}) {
    request.set_lot(lot);
    ASSERT_TRUE(Call(*stub_, &SampleService::Stub::ListSamples, request, &response).ok());
    ASSERT_EQ(response.count(), 1) << lot;
    EXPECT_EQ(response.samples(0).sample_id(), "in-lot");
  }
  request.set_device_id("ESP32_LS_01");
  ASSERT_TRUE(Call(*stub_, &SampleService::Stub::ListSamples, request, &response).ok());
  EXPECT_EQ(response.count(), 0);
}

TEST_F(SampleServiceTest, EveryBadFieldIsNamedAndForeignTokensAreRefused) {
  AddSample("ESP32_LL_01", "a", 1);
  AddSample("ESP32_LL_01", "b", 2);
  ListSamplesRequest request;
  ListSamplesResponse response;
  request.set_limit(1);
  ASSERT_TRUE(Call(*stub_, &SampleService::Stub::ListSamples, request, &response).ok());
  request.set_device_id("ESP32_LS_01");
  request.set_page_token(response.next_page_token());
  EXPECT_THAT(BadFields(Call(*stub_, &SampleService::Stub::ListSamples, request, &response)), ElementsAre("page_token"));
  request.Clear();
  request.set_limit(1001);
  request.set_hours(8761);
  request.set_fields("all");
  request.mutable_start_time()->set_seconds(1770109201);
  request.set_page_token("x");
  const grpc::Status status = Call(*stub_, &SampleService::Stub::ListSamples, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(BadFields(status), UnorderedElementsAre("limit", "hours", "fields", "end_time", "page_token"));
}

TEST_F(SampleServiceTest, SampleIsFoundByIdUnlessTwoDevicesUsedIt) {
  AddSample("ESP32_LL_01", "same", 1);
  AddSample("ESP32_LL_01", "only", 2);
  quality::v1::GetSampleRequest request;
  request.set_sample_id("only");
  SampleRecord sample;
  ASSERT_TRUE(Call(*stub_, &SampleService::Stub::GetSample, request, &sample).ok());
  EXPECT_EQ(sample.device_id(), "ESP32_LL_01");
  EXPECT_EQ(sample.vl53l8ch_distance_matrix_size(), 8);
  AddSample("ESP32_LS_01", "same", 3);
  request.set_sample_id("same");
  grpc::Status status = Call(*stub_, &SampleService::Stub::GetSample, request, &sample);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Reason(status), "SAMPLE_ID_AMBIGUOUS");
  request.set_device_id("ESP32_LS_01");
  ASSERT_TRUE(Call(*stub_, &SampleService::Stub::GetSample, request, &sample).ok());
  EXPECT_EQ(sample.device_id(), "ESP32_LS_01");
  request.set_sample_id("none");
  EXPECT_EQ(Call(*stub_, &SampleService::Stub::GetSample, request, &sample).error_code(), grpc::StatusCode::NOT_FOUND);
  request.set_sample_id("");
  EXPECT_THAT(BadFields(Call(*stub_, &SampleService::Stub::GetSample, request, &sample)), ElementsAre("sample_id"));
}

}  // namespace
}  // namespace egi::api
