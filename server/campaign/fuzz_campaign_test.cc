// A few thousand damaged copies of the synthetic file through the fuzzer's entry point, with a fixed seed.
#include <fstream>
#include <iterator>
#include <random>

#include "gtest/gtest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void Try(const std::string& bytes) { ASSERT_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()), 0); }

TEST(FuzzCampaignTest, DamagedFilesAreReadOrRefused) {
  std::ifstream file("data/lots_gavage_synthetic.csv", std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  ASSERT_GT(whole.size(), 1000u);
  const size_t header_end = whole.find('\n') + 1;
  const std::string two_rows = whole.substr(0, whole.find('\n', header_end) + 1);
  std::mt19937 random(1);
  const std::string interesting = ";;;,\"\n\r\t.-+eE019 /nan\xA0\xE9\x80\xFF";
  for (int i = 0; i < 4000; ++i) {
    std::string damaged = two_rows;
    // Most damage goes behind the header: a damaged header is refused at once.
    const size_t from = i % 10 == 0 ? 0 : header_end;
    for (unsigned edits = 1 + random() % 4; edits > 0; --edits) {
      const size_t at = from + random() % (damaged.size() - from);
      const char c = random() % 3 == 0 ? static_cast<char>(random()) : interesting[random() % interesting.size()];
      switch (random() % 4) {
        case 0:
          damaged[at] = c;
          break;
        case 1:
          damaged.insert(damaged.begin() + static_cast<std::ptrdiff_t>(at), c);
          break;
        case 2:
          damaged.erase(at, 1 + random() % 3);
          break;
        default:
          damaged.insert(at, damaged.substr(from + random() % (damaged.size() - from), random() % 60));
      }
    }
    Try(damaged);
  }
  for (size_t length = 0; length < two_rows.size(); length += 7) Try(two_rows.substr(0, length));
}

}  // namespace
