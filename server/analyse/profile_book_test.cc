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

TEST(AnalysisBook, WeightsMustAddUpAndBoundsMustBeOrdered) {
  EXPECT_THAT(ErrorWith("weight_volume: 0.25", "weight_volume: 0.35"), HasSubstr("vl53l8ch_analyzer: weights add up to 1.1, expected 1"));
  EXPECT_THAT(ErrorWith("weight_fat: 0.30", "weight_fat: 0.20"), HasSubstr("as7341_analyzer: weights add up to 0.9, expected 1"));
  EXPECT_THAT(ErrorWith("weight_tof: 0.6", "weight_tof: 0.7"), HasSubstr("fusion: weights add up to 1.1, expected 1"));
  EXPECT_THAT(ErrorWith("a: 0.75", "a: 0.9"), HasSubstr("expected a_plus > a > b > c"));
  EXPECT_THAT(ErrorWith("delta_e: [2, 5, 8]", "delta_e: [2, 8, 5]"), HasSubstr("delta_e: expected rising numbers"));
  EXPECT_THAT(ErrorWith("acceptable: [0.20, 0.55]", "acceptable: [0.30, 0.55]"), HasSubstr("expected the optimal range inside"));
  EXPECT_THAT(ErrorWith("lsl_mm: 45", "lsl_mm: 60"), HasSubstr("expected lsl_mm < usl_mm"));
  EXPECT_THAT(ErrorWith("quiet_mm: 2 ", "quite_mm: 2 "), HasSubstr("quite_mm: unknown key"));
}

TEST(AnalysisBook, AProfileMayChangeARuleOfItsOwn) {
  std::string yaml = BuiltInProfiles();
  const std::string line = "    description: Half-cooked livers in a smaller tray\n";
  yaml.replace(yaml.find(line), line.size(), line + "    vl53l8ch_analyzer: {expected_volume_mm3: 400000}\n");
  const auto book = AnalysisBook::Parse(yaml, "x");
  ASSERT_TRUE(book.ok()) << book.status();
  EXPECT_EQ(book->FindOrDefault("foiegras_micuit").tof.expected_volume_mm3, 400000);
  EXPECT_NEAR(book->FindOrDefault("").tof.expected_volume_mm3, 559662, 1);
}

TEST(AnalysisBook, DocumentAndDefaultsOfTheCodeAgree) {
  const AnalysisProfile& standard = Book().FindOrDefault("");
  const AnalysisProfile plain;
  EXPECT_EQ(standard.tof.quiet_mm, plain.tof.quiet_mm);
  EXPECT_EQ(standard.tof.volume_full_gap, plain.tof.volume_full_gap);
  EXPECT_EQ(standard.tof.prior.centre_sd_mm, plain.tof.prior.centre_sd_mm);
  EXPECT_EQ(standard.tof.prior.aspect_sd, plain.tof.prior.aspect_sd);
  EXPECT_EQ(standard.tof.optical_significance, plain.tof.optical_significance);
  for (int i = 0; i < kChannels; ++i) {
    EXPECT_EQ(standard.spectral.model.channels[i].white, plain.spectral.model.channels[i].white);
    EXPECT_EQ(standard.spectral.model.channels[i].carries_fat, plain.spectral.model.channels[i].carries_fat);
  }
  EXPECT_EQ(standard.spectral.colour.x, plain.spectral.colour.x);
  EXPECT_EQ(standard.rules.grades.a_plus, plain.rules.grades.a_plus);
}

TEST(AnalysisBook, BrokenYamlAndMissingFilesAreErrors) {
  EXPECT_THAT(std::string(AnalysisBook::Parse("profiles: [", "x.yaml").status().message()), HasSubstr("x.yaml: line"));
  EXPECT_EQ(AnalysisBook::Parse("", "x.yaml").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(AnalysisBook::Load("absent.yaml").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace egi::analyse
