#include <algorithm>
#include <cmath>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "egi/quality/v1/model.grpc.pb.h"
#include "gmock/gmock.h"
#include "server/analyse/dome.h"
#include "server/analyse/spectral.h"
#include "server/analytics/ml/shipped_models.h"
#include "server/api/api_test_server.h"
#include "server/api/quality/model_catalog.h"

namespace egi::api {
namespace {

using quality::v1::Model;
using quality::v1::ModelService;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using Stub = ModelService::Stub;

// The bytes of a matrix of floats as the table holds them, in hexadecimal digits.
std::string Packed(const analyse::ZoneMap& values) {
  std::string bytes = "\x05";
  for (const double value : values) {
    const float narrow = static_cast<float>(value);
    uint32_t bits;
    std::memcpy(&bits, &narrow, sizeof bits);
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(bits >> shift & 0xFF));
  }
  return absl::BytesToHexString(bytes);
}

class ModelServiceTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    store_ = storage::write::NewPostgresModelStore(*pool_);
    ASSERT_TRUE(RegisterShippedModels(*store_, clock_.Now()).ok());
    stub_ = ModelService::NewStub(channel_);
  }

  // A liver of the default profile under a smooth dome as the twin has it, of fresh tissue. With `bump`, 20 mm are put on its middle.
  void AddSample(const std::string& id, int minutes, bool bump = false, double gain = 4) {
    analyse::ZoneMap heights = analyse::Rasterise({0, 0, 94.4, 47.2, 60, 0.785}, {}), distance{}, reflectance{}, amplitude{};
    for (int zone = 0; zone < analyse::kZones; ++zone) {
      if (bump && (zone == 27 || zone == 28 || zone == 35 || zone == 36)) heights[zone] += 20;
      distance[zone] = 95 - heights[zone];
      reflectance[zone] = heights[zone] > 3 ? 55 : 72;
      amplitude[zone] = std::min(4095.0, reflectance[zone] / 100 * 4800 * std::pow(100 / std::max(50.0, distance[zone]), 2));
    }
    std::string counts;  // F1 to F8, Clear, NIR
    for (const int i : {0, 1, 2, 3, 4, 5, 6, 7, 9, 8}) absl::StrAppend(&counts, counts.empty() ? "" : ",", analyse::ModelCount(i, {1, 0, 1}) * 4);
    const auto bytes = [](const analyse::ZoneMap& map) { return absl::StrCat("decode('", Packed(map), "', 'hex')"); };
    Sql(absl::StrCat(
        "WITH s AS (INSERT INTO sqal_samples (time, device_id, sample_id, site_code, fusion_final_score, fusion_final_grade, fusion_is_compliant, "
        "meta_config_profile, as7341_integration_time, as7341_gain, as7341_values, distance_cells, reflectance_cells, amplitude_cells) "
        "SELECT timestamptz '2026-02-03 09:00+00' - interval '", minutes, " minutes', 'ESP32_LL_01', '", id,
        "', 'LL', 0.9, 'A+', true, 'foiegras_standard_barquette', 100, nullif(", gain, ", 0), '{", counts, "}', ", bytes(distance), ", ",
        bytes(reflectance), ", ", bytes(amplitude),
        " RETURNING *) INSERT INTO sqal_sample_index SELECT device_id, sample_id, time, '\\x0011223344556677' FROM s"));
  }

  grpc::Status Predict(const std::string& id, quality::v1::PredictSampleResponse* response) {
    quality::v1::PredictSampleRequest request;
    request.set_sample_id(id);
    return Call(*stub_, &Stub::PredictSample, request, response);
  }

  std::vector<Model> Models(const std::string& name = "") {
    quality::v1::ListModelsRequest request;
    request.set_model_name(name);
    quality::v1::ListModelsResponse response;
    EXPECT_TRUE(Call(*stub_, &Stub::ListModels, request, &response).ok());
    return {response.models().begin(), response.models().end()};
  }

  // The shipped model of a name as version 9.9.9.
  Model RegisterAnother(const std::string& name) {
    quality::v1::RegisterModelRequest request;
    for (const auto& shipped : analytics::ml::ShippedModels()) {
      if (shipped.file == name + ".json") request.set_content(absl::StrReplaceAll(shipped.content, {{"\"version\": \"1.1.0\"", "\"version\": \"9.9.9\""}}));
    }
    request.set_registered_by("user:3");
    Model model;
    const grpc::Status status = Call(*stub_, &Stub::RegisterModel, request, &model);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return model;
  }

  grpc::Status Activate(int id, const std::string& by, Model* model) {
    quality::v1::ActivateModelRequest request;
    request.set_model_id(id);
    request.set_activated_by(by);
    return Call(*stub_, &Stub::ActivateModel, request, model);
  }

  std::unique_ptr<storage::write::ModelStore> store_;
  std::unique_ptr<Stub> stub_;
};

TEST_F(ModelServiceTest, ShippedModelsAreRegisteredOnceAndActive) {
  ASSERT_TRUE(RegisterShippedModels(*store_, clock_.Now()).ok());
  const std::vector<Model> models = Models();
  ASSERT_EQ(models.size(), 3u);
  EXPECT_EQ(models[0].model_name(), "cnn_quality_model");
  EXPECT_EQ(models[2].model_name(), "quality_prediction");
  for (const Model& model : models) {
    EXPECT_TRUE(model.is_active());
    EXPECT_EQ(model.sha256().size(), 64u);
    EXPECT_EQ(model.activated_by().value(), "egi-server");
    EXPECT_THAT(model.limits(), HasSubstr("not on real"));
    EXPECT_GT(model.accuracy().value(), 0.4);  // one grade of five at random: 0.2
  }
  EXPECT_EQ(models[0].metrics().fields().count("rule"), 1u);
  EXPECT_EQ(Sql("SELECT count(*) FROM sqal_ml_models WHERE model_file_path = file_path AND trained_at = training_date"), "3");
}

TEST_F(ModelServiceTest, ListGoesOnFromItsToken) {
  RegisterAnother("defect_detection");
  quality::v1::ListModelsRequest request;
  request.set_limit(2);
  quality::v1::ListModelsResponse response;
  std::vector<std::string> seen;
  do {
    ASSERT_TRUE(Call(*stub_, &Stub::ListModels, request, &response).ok());
    for (const Model& model : response.models()) seen.push_back(absl::StrCat(model.model_name(), " ", model.version()));
    request.set_page_token(response.next_page_token());
  } while (!response.next_page_token().empty());
  EXPECT_THAT(seen, ElementsAre("cnn_quality_model 1.1.0", "defect_detection 9.9.9", "defect_detection 1.1.0", "quality_prediction 1.0.0"));
  request.set_model_name("weather");
  request.set_limit(501);
  request.set_page_token("");
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::ListModels, request, &response)), ElementsAre("model_name", "limit"));
}

TEST_F(ModelServiceTest, ActivatingSwitchesTheOneActiveVersion) {
  const Model another = RegisterAnother("cnn_quality_model");
  EXPECT_FALSE(another.is_active());
  EXPECT_EQ(another.registered_by(), "user:3");
  Model model;
  ASSERT_TRUE(Activate(another.model_id(), "user:7", &model).ok());
  EXPECT_TRUE(model.is_active());
  EXPECT_EQ(model.activated_by().value(), "user:7");
  EXPECT_EQ(Sql("SELECT string_agg(version, ',') FROM sqal_ml_models WHERE is_active AND model_name = 'cnn_quality_model'"), "9.9.9");
  AddSample("S-1", 1);
  quality::v1::PredictSampleResponse prediction;
  ASSERT_TRUE(Predict("S-1", &prediction).ok());
  EXPECT_EQ(prediction.grade_model().version(), "9.9.9");
  // The same again changes nothing; nobody named and nothing there are errors.
  ASSERT_TRUE(Activate(another.model_id(), "user:8", &model).ok());
  EXPECT_EQ(model.activated_by().value(), "user:7");
  EXPECT_THAT(BadFields(Activate(another.model_id(), "", &model)), ElementsAre("activated_by"));
  EXPECT_EQ(Reason(Activate(4711, "user:7", &model)), "MODEL_NOT_FOUND");
}

TEST_F(ModelServiceTest, DatabaseAllowsExactlyOneActiveVersion) {
  const Model another = RegisterAnother("cnn_quality_model");
  const auto refused = [&](const std::string& sql) {
    return pool_->Write([&](pqxx::transaction_base& transaction) {
      transaction.exec(sql);
      return absl::OkStatus();
    });
  };
  EXPECT_FALSE(refused(absl::StrCat("UPDATE sqal_ml_models SET is_active = true, activated_by = 'x', activated_at = now() WHERE model_id = ",
                                    another.model_id())).ok());
  EXPECT_FALSE(refused("UPDATE sqal_ml_models SET is_active = false WHERE model_name = 'cnn_quality_model'").ok());
  EXPECT_FALSE(refused("DELETE FROM sqal_ml_models WHERE model_name = 'cnn_quality_model' AND is_active").ok());
  EXPECT_EQ(Sql("SELECT count(*) FROM sqal_ml_models WHERE is_active"), "3");
}

TEST_F(ModelServiceTest, RegisteringNamesWhatIsWrong) {
  quality::v1::RegisterModelRequest request;
  Model model;
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::RegisterModel, request, &model)), ElementsAre("content", "registered_by"));
  request.set_content("{}");
  request.set_registered_by("user:3");
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::RegisterModel, request, &model)), ElementsAre("content"));
  // The same version with another content.
  std::string changed = analytics::ml::ShippedModels()[0].content;
  request.set_content(absl::StrReplaceAll(changed, {{"not on real", "not upon real"}}));
  EXPECT_EQ(Reason(Call(*stub_, &Stub::RegisterModel, request, &model)), "MODEL_VERSION_EXISTS");
}

TEST_F(ModelServiceTest, PredictionStandsBesideTheOfficialGrade) {
  AddSample("S-good", 1);
  quality::v1::PredictSampleResponse good;
  ASSERT_TRUE(Predict("S-good", &good).ok());
  EXPECT_EQ(good.predicted_grade(), "A+");
  double sum = 0;
  for (const auto& [grade, share] : good.probabilities()) sum += share;
  EXPECT_NEAR(sum, 1, 1e-9);
  EXPECT_EQ(good.probabilities().at("A+"), good.confidence());
  EXPECT_EQ(good.rule_grade(), "A+");
  EXPECT_EQ(good.rule_score(), 0.9);
  EXPECT_TRUE(good.agrees());
  ASSERT_EQ(good.defects_size(), 4);
  for (const auto& map : good.defects()) EXPECT_EQ(map.zones_size(), 0) << map.type();
  ASSERT_EQ(good.defects(0).probability_size(), 8);
  EXPECT_EQ(good.defects(0).probability(7).values_size(), 8);
  EXPECT_EQ(Sql("SELECT fusion_final_grade FROM sqal_samples WHERE sample_id = 'S-good'"), "A+");
}

TEST_F(ModelServiceTest, ForeignBodyIsSeenWhereItLies) {
  AddSample("S-bump", 1, true);
  quality::v1::PredictSampleResponse bump;
  ASSERT_TRUE(Predict("S-bump", &bump).ok());
  EXPECT_NE(bump.predicted_grade(), "A+");
  EXPECT_EQ(bump.defects(0).type(), "foreign_body");
  EXPECT_THAT(bump.defects(0).zones(), Contains(::testing::AnyOf(27, 28, 35, 36)));
}

TEST_F(ModelServiceTest, SampleThatCannotBePredictedSaysWhy) {
  quality::v1::PredictSampleResponse response;
  EXPECT_EQ(Reason(Predict("nowhere", &response)), "SAMPLE_NOT_FOUND");
  AddSample("S-gainless", 1, false, 0);
  const grpc::Status status = Predict("S-gainless", &response);
  EXPECT_EQ(Reason(status), "SAMPLE_NOT_PREDICTABLE");
  EXPECT_THAT(status.error_message(), HasSubstr("gain"));
  EXPECT_THAT(BadFields(Predict("", &response)), ElementsAre("sample_id"));
}

TEST_F(ModelServiceTest, DriftNeedsSamplesAndFindsInputsThatLieElsewhere) {
  quality::v1::GetDriftRequest request;
  request.set_model_id(Models("cnn_quality_model")[0].model_id());
  quality::v1::GetDriftResponse response;
  ASSERT_TRUE(Call(*stub_, &Stub::GetDrift, request, &response).ok());
  EXPECT_EQ(response.status(), "insufficient_data");
  EXPECT_EQ(response.needed(), 100);
  for (int i = 0; i < 100; ++i) AddSample(absl::StrCat("S-", i), i + 1);
  ASSERT_TRUE(Call(*stub_, &Stub::GetDrift, request, &response).ok());
  EXPECT_EQ(response.available(), 100);
  // One liver a hundred times: every input falls into one class of ten, (1 - 0.1) ln 10 + 9 * (0.1 - 0.0001) ln(0.1 / 0.0001) = 8.28.
  EXPECT_EQ(response.status(), "drifted");
  ASSERT_EQ(response.inputs_size(), 16);
  EXPECT_THAT(response.max_psi(), Ge(8.2));
  EXPECT_EQ(response.inputs(0).observed_size(), response.inputs(0).expected_size());
  EXPECT_EQ(response.inputs(0).bounds_size() + 1, response.inputs(0).expected_size());
  request.set_model_id(4711);
  EXPECT_EQ(Reason(Call(*stub_, &Stub::GetDrift, request, &response)), "MODEL_NOT_FOUND");
}

TEST_F(ModelServiceTest, ForecastComesFromTheMealsOfTheLot) {
  Sql("INSERT INTO lots_gavage (id, code_lot, site_code, genetique, nb_canards_meg, statut) VALUES (77, 'LL2602077', 'LL', 'Mulard', 50, 'en_gavage')");
  quality::v1::ForecastLotQualityRequest request;
  request.set_lot("LL2602077");
  quality::v1::ForecastLotQualityResponse response;
  ASSERT_TRUE(Call(*stub_, &Stub::ForecastLotQuality, request, &response).ok());
  EXPECT_EQ(response.status(), "insufficient_data");
  EXPECT_FALSE(response.has_expected_score());
  const auto feed = [&](int gain) {
    Sql(absl::StrCat("INSERT INTO doses_journalieres (time, lot_id, code_lot, jour, moment, repas, dose_theorique, dose_reelle, poids_moyen, "
                     "nb_vivants, site_code) "
                     "SELECT timestamptz '2026-01-20 08:00+00' + i * interval '12 hours', 77, 'LL2602077', i / 2, "
                     "CASE i % 2 WHEN 0 THEN 'matin' ELSE 'soir' END, i + 1, 300, 300, 4500 + i * ", gain, ", 50, 'LL' FROM generate_series(0, 25) i"));
    Sql("UPDATE lots_gavage SET pret_abattage = true WHERE id = 77");
    EXPECT_TRUE(Call(*stub_, &Stub::ForecastLotQuality, request, &response).ok());
    Sql("DELETE FROM doses_journalieres WHERE lot_id = 77");
  };
  feed(90);  // 6750 g: over the optimal weight
  EXPECT_EQ(response.status(), "ok");
  EXPECT_TRUE(response.finished());
  const double heavy = response.expected_score().value();
  EXPECT_LT(response.lower_90().value(), heavy);
  EXPECT_GT(response.upper_90().value(), heavy);
  EXPECT_GT(heavy, response.baseline_score());
  feed(40);  // 5500 g: under the minimal weight
  EXPECT_LT(response.expected_score().value(), heavy - 0.1);
  EXPECT_EQ(response.model().model_name(), "quality_prediction");
  request.set_lot("LL9999999");
  EXPECT_EQ(Call(*stub_, &Stub::ForecastLotQuality, request, &response).error_code(), grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace egi::api
