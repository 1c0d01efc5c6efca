#include "absl/strings/str_cat.h"
#include "egi/quality/v1/integration.grpc.pb.h"
#include "gmock/gmock.h"
#include "server/api/api_test_server.h"

namespace egi::api {
namespace {

using quality::v1::GetCorrelationRequest;
using quality::v1::GetCorrelationResponse;
using quality::v1::IntegrationService;
using ::testing::UnorderedElementsAre;

class IntegrationServiceTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    stub_ = IntegrationService::NewStub(channel_);
  }
  // A lot with `count` samples of one score.
  void AddLot(int id, const std::string& code, const std::string& itm, double score, int count) {
    Sql(absl::StrCat("INSERT INTO lots_gavage (id, code_lot, site_code, itm) VALUES (", id, ", '", code, "', '", code.substr(0, 2), "', ", itm, ")"));
    Sql(absl::StrCat("INSERT INTO sqal_samples (time, device_id, sample_id, lot_id, fusion_final_score, fusion_final_grade, fusion_is_compliant) "
                     "SELECT now(), 'd', '", code, "-' || i, ", id, ", ", score, ", 'A', true FROM generate_series(1, ", count, ") i"));
  }
  GetCorrelationResponse Ask(const GetCorrelationRequest& request) {
    GetCorrelationResponse response;
    EXPECT_TRUE(Call(*stub_, &IntegrationService::Stub::GetCorrelation, request, &response).ok());
    return response;
  }
  std::unique_ptr<IntegrationService::Stub> stub_;
};

TEST_F(IntegrationServiceTest, LotsWithItmAndEnoughSamplesAreRelated) {
  AddLot(1, "LL2602001", "14", 0.9, 11);
  AddLot(2, "LL2602002", "15", 0.8, 11);
  AddLot(3, "LS2602001", "16", 0.7, 11);
  AddLot(4, "LS2602002", "17", 0.2, 10);    // too few
  AddLot(5, "LS2602003", "NULL", 0.2, 20);  // no ITM
  const auto all = Ask({});
  ASSERT_EQ(all.count(), 3);
  EXPECT_EQ(all.lots(0).code_lot(), "LS2602001");
  EXPECT_EQ(all.lots(0).sample_count(), 11);
  EXPECT_NEAR(all.pearson().value(), -1, 1e-12);
  EXPECT_NEAR(all.spearman().value(), -1, 1e-12);
  EXPECT_FALSE(all.pearson().has_lower_95()) << "three lots";
  GetCorrelationRequest request;
  request.set_site_code("LS");
  request.set_min_samples(9);
  const auto site = Ask(request);
  EXPECT_EQ(site.count(), 2);
  EXPECT_FALSE(site.has_pearson());
}

TEST_F(IntegrationServiceTest, EveryBadFieldIsNamed) {
  GetCorrelationRequest request;
  request.set_site_code("XX");
  request.set_min_samples(-1);
  GetCorrelationResponse response;
  EXPECT_THAT(BadFields(Call(*stub_, &IntegrationService::Stub::GetCorrelation, request, &response)),
              UnorderedElementsAre("site_code", "min_samples"));
}

}  // namespace
}  // namespace egi::api
