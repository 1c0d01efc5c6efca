#include "server/analyse/profile_book.h"

#include <string>

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/analyse/builtin_profiles.h"

namespace egi::analyse {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

const AnalysisBook& Book() {
  static const auto& book = *new AnalysisBook(*AnalysisBook::BuiltIn());
  return book;
}

// The error of the built-in book with the first occurrence of a text replaced.
std::string ErrorWith(const std::string& text, const std::string& replacement) {
  std::string yaml = BuiltInProfiles();
  const size_t at = yaml.find(text);
  EXPECT_NE(at, std::string::npos) << text;
  yaml.replace(at, text.size(), replacement);
  return std::string(AnalysisBook::Parse(yaml, "test.yaml").status().message());
}

TEST(AnalysisBook, HoldsTheTenProfilesOfTheSpecification) {
  std::vector<std::string> names;
  for (const AnalysisProfile& profile : Book().profiles()) names.push_back(profile.name);
  EXPECT_THAT(names, UnorderedElementsAre("foiegras_standard_barquette", "foiegras_demo_barquette", "foiegras_standard_seul",
                                          "foiegras_micuit", "foiegras_bloc", "foiegras_haute_resolution", "foiegras_irregular",
                                          "foiegras_defectueux", "foiegras_premium", "foiegras_low_quality"));
  EXPECT_THAT(Book().aliases(), UnorderedElementsAre(Pair("standard", "foiegras_standard_barquette"), Pair("premium", "foiegras_premium")));
}

TEST(AnalysisBook, GridIsTheTrayOrTheProductWithoutOne) {
  const AnalysisProfile& standard = Book().FindOrDefault("standard");
  EXPECT_DOUBLE_EQ(standard.tof.grid.zone_x_mm, 37.5);
  EXPECT_DOUBLE_EQ(standard.tof.grid.zone_y_mm, 22.5);
  EXPECT_DOUBLE_EQ(standard.tof.empty_distance_mm, 95);
  const AnalysisProfile& bare = Book().FindOrDefault("foiegras_standard_seul");
  EXPECT_DOUBLE_EQ(bare.tof.grid.zone_x_mm, 25);
  EXPECT_DOUBLE_EQ(bare.tof.grid.zone_y_mm, 12.5);
  EXPECT_DOUBLE_EQ(bare.tof.empty_distance_mm, 100);
  EXPECT_DOUBLE_EQ(Book().FindOrDefault("foiegras_micuit").tof.empty_distance_mm, 96);
}

TEST(AnalysisBook, ExpectedVolumeIsTheUsualMassOverItsDensity) {
  EXPECT_NEAR(Book().FindOrDefault("").tof.expected_volume_mm3, 559662, 1);  // 530 g / 0.947 g/cm3
}

TEST(AnalysisBook, UnknownNameIsAnErrorOrTheDefault) {
  const auto found = Book().Find("foiegras_gold");
  EXPECT_EQ(found.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(found.status().message()), AllOf(HasSubstr("foiegras_gold"), HasSubstr("foiegras_premium, ")));
  bool known = true;
  EXPECT_EQ(Book().FindOrDefault("foiegras_gold", &known).name, "foiegras_standard_barquette");
  EXPECT_FALSE(known);
  EXPECT_EQ(Book().FindOrDefault("premium", &known).name, "foiegras_premium");
  EXPECT_TRUE(known);
}

TEST(AnalysisBook, FaultsNameTheirLineAndKey) {
  EXPECT_THAT(ErrorWith("    product: {length_mm: 180,", "    product: {length_mm: -180,"),
              AllOf(HasSubstr("test.yaml"), HasSubstr("line "), HasSubstr("profiles.foiegras_micuit.product.length_mm: is -180, expected 1 to 1000")));
}

TEST(AnalysisBook, AllFaultsAreToldAtOnce) {
  const std::string yaml = absl::StrReplaceAll(BuiltInProfiles(), {{"gain: 4", "gain: 5"}, {"margin_percent: 20", "margin_percent: 60"}});
  const std::string error(AnalysisBook::Parse(yaml, "x").status().message());
  EXPECT_THAT(error, AllOf(HasSubstr("foiegras_premium.sensor_as7341.gain"), HasSubstr("foiegras_irregular.product.margin_percent")));
}

TEST(AnalysisBook, UnknownKeysAreFaultsAndTheSectionsOfTheTwinAreNot) {
  EXPECT_THAT(ErrorWith("default_profile:", "colour: red\ndefault_profile:"), HasSubstr("colour: unknown key"));
  EXPECT_THAT(ErrorWith("description: Half-cooked", "descripton: Half-cooked"), HasSubstr("foiegras_micuit.descripton: unknown key"));
  EXPECT_EQ(ErrorWith("default_profile:", "global_defaults: {random_seed: 1}\ndefault_profile:"), "");
}

TEST(AnalysisBook, BrokenYamlAndMissingFilesAreErrors) {
  EXPECT_THAT(std::string(AnalysisBook::Parse("profiles: [", "x.yaml").status().message()), HasSubstr("x.yaml: line"));
  EXPECT_EQ(AnalysisBook::Parse("", "x.yaml").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(AnalysisBook::Load("absent.yaml").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace egi::analyse
