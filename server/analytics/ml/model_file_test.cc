#include "server/analytics/ml/model_file.h"

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/analytics/ml/shipped_models.h"

namespace egi::analytics::ml {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

std::string Shipped(const std::string& name) {
  for (const ShippedModel& model : ShippedModels()) {
    if (model.file == name + ".json") return model.content;
  }
  return "";
}

std::string Message(const std::string& content) { return std::string(ParseModelFile(content).status().message()); }

// `content` with the first `from` replaced.
std::string Changed(std::string content, const std::string& from, const std::string& to) {
  const size_t at = content.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return content.replace(at, from.size(), to);
}

TEST(ShippedModels, AreOneOfEachNameSmallAndSayWhatTheyWereTrainedOn) {
  std::set<std::string> names;
  for (const ShippedModel& shipped : ShippedModels()) {
    EXPECT_LE(shipped.content.size(), kLargestModelFile) << shipped.file;
    const auto model = ParseModelFile(shipped.content);
    ASSERT_TRUE(model.ok()) << shipped.file << ": " << model.status();
    names.insert(model->name);
    EXPECT_THAT(model->limits, HasSubstr("not on real")) << shipped.file;
  }
  EXPECT_THAT(names, UnorderedElementsAre(kGradeModel, kDefectModel, kLotModel));
}

TEST(ModelFile, ReadsBackAsItWasWritten) {
  for (const ShippedModel& shipped : ShippedModels()) {
    EXPECT_EQ(FormatModelFile(*ParseModelFile(shipped.content)), shipped.content) << shipped.file;
  }
}

TEST(ModelFile, WhatDoesNotFitIsRefusedWithItsReason) {
  const std::string good = Shipped(kGradeModel);
  EXPECT_THAT(Message("{"), HasSubstr("no model file"));
  EXPECT_THAT(Message("{}"), HasSubstr("no model file: key 'format' not found; send a file as train-models writes it"));
  EXPECT_THAT(Message("{}"), HasSubstr("format"));
  EXPECT_THAT(Message(Changed(good, "egi-model 1", "egi-model 2")), HasSubstr("egi-model 1"));
  EXPECT_THAT(Message(Changed(good, "\"cnn_quality_model\"", "\"quality_prediction\"")), HasSubstr("lot"));
  EXPECT_THAT(Message(Changed(good, "\"cnn_quality_model\"", "\"weather\"")), HasSubstr("no network for \"weather\""));
  EXPECT_THAT(Message(Changed(good, "\"trained_at\": \"2", "\"trained_at\": \"x")), HasSubstr("trained_at"));
  EXPECT_THAT(Message(Changed(good, "\"planes\": 4", "\"planes\": 3")), HasSubstr("convolution 0"));
  EXPECT_THAT(Message(std::string(kLargestModelFile + 1, ' ')), HasSubstr("300 KiB"));
}

}  // namespace
}  // namespace egi::analytics::ml
