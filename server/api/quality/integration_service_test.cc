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

TEST_F(IntegrationServiceTest, EveryMeasuredLotIsAddedUpNewestFirst) {
  AddLot(1, "LL2602001", "14", 0.9, 3);
  AddLot(2, "LS2602001", "NULL", 0.8, 2);
  AddLot(3, "LS2602002", "15", 0.8, 0);  // not measured
  Sql("UPDATE sqal_samples SET time = time - interval '1 hour', fusion_vl53l8ch_score = 0.7 WHERE lot_id = 1");
  Sql("UPDATE sqal_samples SET fusion_final_grade = 'C' WHERE sample_id = 'LS2602001-1'");
  quality::v1::ListLotAggregatesRequest request;
  quality::v1::ListLotAggregatesResponse response;
  ASSERT_TRUE(Call(*stub_, &IntegrationService::Stub::ListLotAggregates, request, &response).ok());
  EXPECT_EQ(response.total_lots(), 2);
  ASSERT_EQ(response.lots_size(), 2);
  EXPECT_EQ(response.lots(0).code_lot(), "LS2602001");
  EXPECT_EQ(response.lots(0).nb_echantillons(), 2);
  EXPECT_EQ(response.lots(0).grade_majoritaire(), "C") << "of two equal counts the worse one";
  EXPECT_FALSE(response.lots(0).has_itm());
  EXPECT_FALSE(response.lots(0).has_tof_score_moyen());
  EXPECT_EQ(response.lots(1).lot_id(), 1);
  EXPECT_EQ(response.lots(1).nb_echantillons(), 3);
  EXPECT_NEAR(response.lots(1).score_qualite_moyen(), 0.9, 1e-12);
  EXPECT_NEAR(response.lots(1).tof_score_moyen().value(), 0.7, 1e-12);
  EXPECT_EQ(response.lots(1).grade_majoritaire(), "A");
  EXPECT_EQ(response.lots(1).itm().value(), 14);
  request.set_limit(1);
  response.Clear();
  ASSERT_TRUE(Call(*stub_, &IntegrationService::Stub::ListLotAggregates, request, &response).ok());
  EXPECT_EQ(response.total_lots(), 2);
  EXPECT_EQ(response.lots_size(), 1);
  request.set_site_code("MT");
  response.Clear();
  ASSERT_TRUE(Call(*stub_, &IntegrationService::Stub::ListLotAggregates, request, &response).ok());
  EXPECT_EQ(response.total_lots(), 0);
  EXPECT_EQ(response.lots_size(), 0);
  request.set_limit(1001);
  const grpc::Status bad = Call(*stub_, &IntegrationService::Stub::ListLotAggregates, request, &response);
  EXPECT_THAT(BadFields(bad), UnorderedElementsAre("limit"));
}

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
