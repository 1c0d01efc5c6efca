#include "server/analytics/ml/network.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::analytics::ml {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

// One plane, the kernel 1..9.
Network OneConvolution() {
  Network network;
  network.planes = 1;
  network.convolutions = {{1, 1, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9}, {0.5}}};
  return network;
}

TEST(Network, ConvolutionPutsTheMirroredKernelAroundAPoint) {
  const Network network = OneConvolution();
  ASSERT_TRUE(network.Validate().ok());
  std::vector<float> image(64);
  image[3 * 8 + 4] = 1;
  const std::vector<float> out = network.Run(image.data(), nullptr);
  ASSERT_EQ(out.size(), 64u);
  // out[r][c] = sum kernel[dr][dc] * in[r+dr][c+dc]: the point is seen by its upper left neighbour through the lower right of the kernel.
  EXPECT_EQ(out[2 * 8 + 3], 9.5f);
  EXPECT_EQ(out[3 * 8 + 4], 5.5f);
  EXPECT_EQ(out[4 * 8 + 5], 1.5f);
  EXPECT_EQ(out[2 * 8 + 5], 7.5f);
  EXPECT_EQ(out[0], 0.5f);
}

TEST(Network, RimIsSurroundedByZeros) {
  const std::vector<float> image(64, 1);
  const std::vector<float> out = OneConvolution().Run(image.data(), nullptr);
  EXPECT_EQ(out[0], 5 + 6 + 8 + 9 + 0.5f);
  EXPECT_EQ(out[63], 1 + 2 + 4 + 5 + 0.5f);
  EXPECT_EQ(out[9], 45.5f);
}

TEST(Network, MeanAndGreatestOfThePlanesAndScaledFiguresGoThroughTheHead) {
  Network network;
  network.planes = 1;
  network.figures = 1;
  network.mean = {10};
  network.scale = {2};
  network.convolutions = {{1, 1, 1, {-1}, {0}}};  // max(0, x) leaves one zone of 64: 32
  network.head = {{3, 2, 1, {2, 0.125, 1, 0, 0, -1}, {1, 0}}, {2, 1, 1, {3, 5}, {-1}}};
  ASSERT_TRUE(network.Validate().ok());
  std::vector<float> image(64, 4);
  image[20] = -32;
  const float eleven = 11;
  // mean 0.5, greatest 32, figure (11 - 10) * 2 = 2; first layer: 1 + 4 + 2 + 1 = 8 and -2 -> 0; second: 24 + 0 - 1
  EXPECT_THAT(network.Run(image.data(), &eleven), ElementsAre(FloatNear(23, 1e-6)));
}

TEST(Network, LayersThatDoNotFitAreRefused) {
  Network network = OneConvolution();
  network.convolutions[0].weights.pop_back();
  EXPECT_THAT(std::string(network.Validate().message()), HasSubstr("needs 9 weights"));
  network = OneConvolution();
  network.convolutions[0].in = 2;
  EXPECT_THAT(std::string(network.Validate().message()), HasSubstr("takes 2 inputs, gets 1"));
  network = OneConvolution();
  network.convolutions[0].bias[0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(std::string(network.Validate().message()), HasSubstr("finite"));
  EXPECT_FALSE(Network().Validate().ok());
}

TEST(Softmax, AddsUpToOneAndKeepsTheOrder) {
  // e^0 : e^ln3 = 1 : 3
  EXPECT_THAT(Softmax({0, 1.0986123f}), ElementsAre(::testing::DoubleNear(0.25, 1e-6), ::testing::DoubleNear(0.75, 1e-6)));
  EXPECT_THAT(Softmax({1000, 0}), ElementsAre(1, 0));
}

}  // namespace
}  // namespace egi::analytics::ml
