#include "simulators/station/profile_loader.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/analyse/builtin_profiles.h"

namespace egi::station {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// The error of the built-in book with one text replaced.
std::string ErrorWith(const std::string& text, const std::string& replacement) {
  const std::string yaml = analyse::BuiltInProfiles();
  const size_t at = yaml.find(text);
  EXPECT_NE(at, std::string::npos) << text;
  std::string changed = yaml;
  changed.replace(at, text.size(), replacement);
  return std::string(ProfileBook::Parse(changed, "test.yaml").status().message());
}

TEST(ProfileBook, BuiltInProfilesAreGood) {
  const auto book = ProfileBook::BuiltIn();
  ASSERT_TRUE(book.ok()) << book.status();
  EXPECT_EQ(book->default_name(), "foiegras_standard_barquette");
  EXPECT_EQ(book->profiles().size(), 10u);
  for (const auto& [name, profile] : book->profiles()) EXPECT_EQ(profile.analysis.name, name);
}

TEST(ProfileBook, AliasesAndTheDefaultAreFound) {
  const auto book = ProfileBook::BuiltIn();
  ASSERT_TRUE(book.ok());
  EXPECT_EQ(book->Find("standard")->name, "foiegras_standard_barquette");
  EXPECT_EQ(book->Find("premium")->name, "foiegras_premium");
  EXPECT_EQ(book->Find("")->name, "foiegras_standard_barquette");
}

TEST(ProfileBook, UnknownNameListsTheProfiles) {
  const auto found = ProfileBook::BuiltIn()->Find("foiegras_gold");
  EXPECT_EQ(found.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(found.status().message()), AllOf(HasSubstr("foiegras_gold"), HasSubstr("foiegras_premium, ")));
}

TEST(ProfileBook, WeightsOfAProfileReplaceTheDefaultOnes) {
  const auto premium = ProfileBook::BuiltIn()->Find("premium");
  ASSERT_TRUE(premium.ok());
  EXPECT_EQ(premium->quality[0].weight, 0.60);
  EXPECT_EQ(premium->quality[4].weight, 0);
  EXPECT_EQ(premium->quality[0].freshness.mean, 0.95);
  EXPECT_EQ(premium->mass_factor, 1.10);
}

TEST(ProfileBook, GridOfTheAnalyserIsTheTray) {
  const auto profile = ProfileBook::BuiltIn()->Find("");
  EXPECT_DOUBLE_EQ(profile->tof_analyser.grid.zone_x_mm, 37.5);
  EXPECT_DOUBLE_EQ(profile->tof_analyser.grid.zone_y_mm, 22.5);
  EXPECT_DOUBLE_EQ(profile->tof_analyser.empty_distance_mm, 95);
}

TEST(ProfileBook, FaultsNameTheirLineAndKey) {
  const std::string error = ErrorWith("margin_percent: 15", "margin_percent: 55");
  const std::string yaml = analyse::BuiltInProfiles();
  const auto line = 1 + std::count(yaml.begin(), yaml.begin() + static_cast<std::ptrdiff_t>(yaml.find("margin_percent: 15")), '\n');
  EXPECT_THAT(error, AllOf(HasSubstr("test.yaml"), HasSubstr(absl::StrCat("line ", line, ": ")),
                           HasSubstr("profiles.foiegras_standard_barquette.product.margin_percent: is 55, expected 0 to 50")));
}

TEST(ProfileBook, EveryRuleIsChecked) {
  EXPECT_THAT(ErrorWith("length_mm: 200", "length_mm: -2"), HasSubstr("product.length_mm"));
  EXPECT_THAT(ErrorWith("resolution: 8", "resolution: 9"), HasSubstr("is 9, expected 8, 16 or 32"));
  EXPECT_THAT(ErrorWith("integration_time_ms: 100", "integration_time_ms: 501"), HasSubstr("expected 50 to 500"));
  EXPECT_THAT(ErrorWith("gain: 4", "gain: 5"), HasSubstr("expected 1, 4, 16 or 64"));
  EXPECT_THAT(ErrorWith("length_mm: 300", "length_mm: 150"), HasSubstr("smaller than the product"));
  EXPECT_THAT(ErrorWith("weight: 0.40", "weight: 0.41"), HasSubstr("add up to 1.01, expected 1"));
  EXPECT_THAT(ErrorWith("min: 0.75, max: 0.95, mean: 0.85", "min: 0.9, max: 0.95, mean: 0.85"), HasSubstr("min <= mean <= max"));
  EXPECT_THAT(ErrorWith("noise_std: 5", "noise: 5"), HasSubstr("sensor_as7341.noise: unknown key"));
  EXPECT_THAT(ErrorWith("noise_std: 5", "noise_std: loud"), HasSubstr("noise_std: expected a number"));
  EXPECT_THAT(ErrorWith("type: normal", "type: round"), HasSubstr("expected normal, irregular or defective"));
  EXPECT_THAT(ErrorWith("standard: foiegras_standard_barquette", "standard: nothing"), HasSubstr("names no profile"));
  EXPECT_THAT(ErrorWith("position: [4, 4]", "position: [4, 9]"), HasSubstr("zones 0 to 7"));
  EXPECT_THAT(ErrorWith("    sensor_vl53l8ch: {resolution: 8, height_mm: 100, integration_time_ms: 50, frames_averaged: 64}\n", ""),
              HasSubstr("sensor_vl53l8ch: is missing, the section is mandatory"));
}

TEST(ProfileBook, AllFaultsAreToldAtOnce) {
  const std::string yaml = absl::StrReplaceAll(analyse::BuiltInProfiles(), {{"gain: 4", "gain: 5"}, {"margin_percent: 20", "margin_percent: 60"}});
  const std::string error(ProfileBook::Parse(yaml, "x").status().message());
  EXPECT_THAT(error, AllOf(HasSubstr("foiegras_premium.sensor_as7341.gain"), HasSubstr("foiegras_irregular.product.margin_percent")));
}

TEST(ProfileBook, DefaultsOfTheTwinLieBelowWhatAProfileSays) {
  const std::string yaml = absl::StrReplaceAll(analyse::BuiltInProfiles(),
                                               {{"default_profile:", "global_defaults: {random_seed: 7, multi_echo_prob: 0.5, include_bins: false}\ndefault_profile:"},
                                                {"    description: Heavy lot", "    twin: {random_seed: null, multi_echo_prob: 0.1}\n    description: Heavy lot"}});
  const auto book = ProfileBook::Parse(yaml, "x");
  ASSERT_TRUE(book.ok()) << book.status();
  const TwinDefaults standard = book->Find("standard")->twin, premium = book->Find("foiegras_premium")->twin;
  EXPECT_EQ(standard.random_seed, 7);
  EXPECT_EQ(standard.multi_echo_prob, 0.5);
  EXPECT_FALSE(standard.include_bins);
  EXPECT_FALSE(premium.random_seed.has_value());
  EXPECT_EQ(premium.multi_echo_prob, 0.1);
  EXPECT_FALSE(premium.include_bins) << "what the profile leaves out is the default of the file";
  EXPECT_EQ(premium.noise_factor_low_reflect, 0.06) << "what the file leaves out is that of the program";
}

TEST(ProfileBook, FaultsInTheDefaultsOfTheTwinNameTheirLineAndKey) {
  EXPECT_THAT(ErrorWith("default_profile:", "global_defaults: {multi_echo_prob: 2, seed: 1}\ndefault_profile:"),
              AllOf(HasSubstr("line "), HasSubstr("global_defaults.multi_echo_prob: is 2, expected 0 to 1"), HasSubstr("global_defaults.seed: unknown key")));
  EXPECT_THAT(ErrorWith("default_profile:", "global_defaults: {random_seed: often}\ndefault_profile:"), HasSubstr("global_defaults.random_seed: expected"));
  EXPECT_THAT(ErrorWith("    description: Heavy lot", "    twin: {noise: 1}\n    description: Heavy lot"), HasSubstr("foiegras_premium.twin.noise: unknown key"));
  EXPECT_THAT(ErrorWith("default_profile:", "visualization: {}\ndefault_profile:"), HasSubstr("visualization: unknown key"));
}

TEST(ProfileBook, BrokenYamlAndMissingFilesAreErrors) {
  EXPECT_THAT(std::string(ProfileBook::Parse("profiles: [", "x.yaml").status().message()), HasSubstr("x.yaml: line"));
  EXPECT_EQ(ProfileBook::Parse("", "x.yaml").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ProfileBook::Load("absent.yaml").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace egi::station
