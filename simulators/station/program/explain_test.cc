#include "simulators/station/program/explain.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "simulators/station/profile_loader.h"
#include "simulators/station/program/profile_table.h"

namespace egi::station {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(SampleName, NumbersAndIdsAreUnderstood) {
  EXPECT_EQ(ParseSampleName("17")->number, 17);
  EXPECT_EQ(ParseSampleName("17")->device_id, "");
  const auto dated = ParseSampleName("ESP32_LL_01_20260203_000017");
  EXPECT_EQ(dated->number, 17);
  EXPECT_EQ(dated->device_id, "ESP32_LL_01");
  EXPECT_EQ(dated->code_lot, "");
  const auto stamped = ParseSampleName("ESP32_LL_01_20260203_1770120000000_000003");
  EXPECT_EQ(stamped->number, 3);
  EXPECT_EQ(stamped->device_id, "ESP32_LL_01");
  const auto lot = ParseSampleName("ESP32_LL_01_LS2602001_000002");
  EXPECT_EQ(lot->device_id, "ESP32_LL_01");
  EXPECT_EQ(lot->code_lot, "LS2602001");
  const auto automatic = ParseSampleName("ESP32_SQAL_AUTO_LL2512001_005");
  EXPECT_EQ(automatic->number, 5);
  EXPECT_EQ(automatic->device_id, "ESP32_SQAL_AUTO_LL2512001");
  EXPECT_EQ(automatic->code_lot, "LL2512001");
}

TEST(SampleName, OtherTextsAreErrorsThatTellWhatIsExpected) {
  for (const char* text : {"", "first", "0", "-3", "ESP32_LL_01_"}) {
    EXPECT_THAT(std::string(ParseSampleName(text).status().message()), HasSubstr("ESP32_LL_01_20260203_000017")) << text;
  }
}

TEST(Explain, ShowsMeasurementTruthAndScore) {
  const Profile profile = *ProfileBook::BuiltIn()->Find("foiegras_defectueux");
  const std::string text = Explain({"ESP32_LL_01", ""}, profile, {}, 1, 4);
  EXPECT_THAT(text, AllOf(HasSubstr("Grade REJECT"), HasSubstr("Height above the tray"), HasSubstr("real: foreign body at column 3.0, row 2.0, 20.0 mm"),
                          HasSubstr("seen: "), HasSubstr("true   measured"), HasSubstr("volume "), HasSubstr("F4_515nm")));
  EXPECT_EQ(text, Explain({"ESP32_LL_01", ""}, profile, {}, 1, 4));
  EXPECT_NE(text, Explain({"ESP32_LL_01", ""}, profile, {}, 2, 4));
}

TEST(Cube, IsANumPyArrayOfAllBins) {
  const Profile profile = *ProfileBook::BuiltIn()->Find("");
  const std::string path = testing::TempDir() + "/cube.npy";
  ASSERT_TRUE(WriteCube(profile, {}, "ESP32_LL_01", 1, 1, path).ok());
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  const std::string npy = bytes.str();
  ASSERT_EQ(npy.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const size_t header = static_cast<unsigned char>(npy[8]) + 256u * static_cast<unsigned char>(npy[9]);
  EXPECT_EQ((10 + header) % 64, 0u);
  EXPECT_THAT(npy.substr(10, header), AllOf(HasSubstr("'<f4'"), HasSubstr("(8, 8, 128)")));
  EXPECT_EQ(npy.size(), 10 + header + 8 * 8 * 128 * sizeof(float));
  EXPECT_FALSE(WriteCube(profile, {}, "ESP32_LL_01", 1, 1, "/absent/cube.npy").ok());
}

TEST(ProfileTable, ListsAllProfilesAndAliases) {
  const auto book = ProfileBook::BuiltIn();
  const std::string table = ProfileTable(*book), lines = ProfileLines(*book);
  for (const auto& [name, profile] : book->profiles()) {
    EXPECT_THAT(table, HasSubstr(name));
    EXPECT_THAT(lines, HasSubstr("\"name\":\"" + name + "\""));
  }
  EXPECT_THAT(table, AllOf(HasSubstr("15/40/30/10/5"), HasSubstr("300x180"), HasSubstr("(default)"), HasSubstr("premium ")));
}

}  // namespace
}  // namespace egi::station
