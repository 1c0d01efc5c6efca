// Runs a small trained network: convolutions over 8x8 maps, then dense layers. No library beyond the standard one (ADR 170).
#ifndef EGI_SERVER_ANALYTICS_ML_NETWORK_H_
#define EGI_SERVER_ANALYTICS_ML_NETWORK_H_

#include <vector>

#include "absl/status/status.h"

namespace egi::analytics::ml {

// A layer of weights. Each is followed by max(0, x), except the last of the network.
struct Layer {
  int in = 0, out = 0;         // planes of a convolution, figures of a dense layer
  int size = 1;                // side of the kernel of a convolution, 1 or 3, with a rim of zeros (outputs are 8x8 again)
  std::vector<float> weights;  // out x in x size x size, row-major
  std::vector<float> bias;     // out
};

// Convolutions first. With a head, the mean and the greatest value of every plane are followed by the figures and go through the dense layers; without one the planes of the
// last convolution are the outputs.
struct Network {
  int planes = 0;              // of the image; 0 = no image
  int figures = 0;             // beside the image
  std::vector<float> mean, scale;  // of the figures: (x - mean) * scale goes in
  std::vector<Layer> convolutions;
  std::vector<Layer> head;

  // OK when every layer fits the one before it and holds as many weights as it must.
  absl::Status Validate() const;
  // Number of outputs.
  int outputs() const;
  // Raw outputs. `image`: planes x 64, `figures`: as many as `figures`. The network must be valid.
  std::vector<float> Run(const float* image, const float* given) const;
};

// Probabilities that add up to 1.
std::vector<double> Softmax(const std::vector<float>& outputs);
// 1 / (1 + e^-x).
double Sigmoid(double x);

}  // namespace egi::analytics::ml

#endif  // EGI_SERVER_ANALYTICS_ML_NETWORK_H_
