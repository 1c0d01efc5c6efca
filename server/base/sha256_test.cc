#include "server/base/sha256.h"

#include "gtest/gtest.h"

namespace egi {
namespace {

// FIPS 180-4, example of NIST for one block and for two.
TEST(Sha256, EqualsThePublishedExamples) {
  Sha256 one, two;
  one.Add("abc");
  EXPECT_EQ(one.Hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  two.Add("abcdbcdecdefdefgefghfghighij");
  two.Add("hijkijkljklmklmnlmnomnopnopq");
  EXPECT_EQ(two.Hex(), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

}  // namespace
}  // namespace egi
