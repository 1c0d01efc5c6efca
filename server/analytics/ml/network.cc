#include "server/analytics/ml/network.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"

namespace egi::analytics::ml {
namespace {

constexpr int kSide = 8, kZones = kSide * kSide;

absl::Status Check(const Layer& layer, int in, const std::string& name) {
  if (layer.in != in) return absl::InvalidArgumentError(absl::StrCat(name, " takes ", layer.in, " inputs, gets ", in));
  if (layer.out < 1 || layer.out > 1024 || (layer.size != 1 && layer.size != 3)) {
    return absl::InvalidArgumentError(absl::StrCat(name, " needs 1 to 1024 outputs and a kernel of 1 or 3"));
  }
  const size_t wanted = static_cast<size_t>(layer.in) * layer.out * layer.size * layer.size;
  if (layer.weights.size() != wanted || layer.bias.size() != static_cast<size_t>(layer.out)) {
    return absl::InvalidArgumentError(absl::StrCat(name, " needs ", wanted, " weights and ", layer.out, " biases"));
  }
  const auto finite = [](float x) { return std::isfinite(x); };
  if (!std::all_of(layer.weights.begin(), layer.weights.end(), finite) || !std::all_of(layer.bias.begin(), layer.bias.end(), finite)) {
    return absl::InvalidArgumentError(absl::StrCat(name, " holds a weight that is no finite number"));
  }
  return absl::OkStatus();
}

void Rectify(std::vector<float>& values) {
  for (float& value : values) value = std::max(0.0f, value);
}

// Correlation with the kernel, as dlib does: weights[out][in][row][column].
std::vector<float> Convolve(const Layer& layer, const std::vector<float>& input) {
  const int reach = layer.size / 2;
  std::vector<float> output(static_cast<size_t>(layer.out) * kZones);
  for (int o = 0; o < layer.out; ++o) {
    float* plane = &output[static_cast<size_t>(o) * kZones];
    std::fill(plane, plane + kZones, layer.bias[o]);
    for (int i = 0; i < layer.in; ++i) {
      const float* source = &input[static_cast<size_t>(i) * kZones];
      const float* kernel = &layer.weights[static_cast<size_t>((o * layer.in + i) * layer.size * layer.size)];
      for (int dr = -reach; dr <= reach; ++dr) {
        for (int dc = -reach; dc <= reach; ++dc) {
          const float weight = *kernel++;
          const int first_row = std::max(0, -dr), last_row = std::min(kSide, kSide - dr);
          const int first_column = std::max(0, -dc), last_column = std::min(kSide, kSide - dc);
          for (int r = first_row; r < last_row; ++r) {
            for (int c = first_column; c < last_column; ++c) plane[r * kSide + c] += weight * source[(r + dr) * kSide + c + dc];
          }
        }
      }
    }
  }
  return output;
}

std::vector<float> Multiply(const Layer& layer, const std::vector<float>& input) {
  std::vector<float> output = layer.bias;
  for (int o = 0; o < layer.out; ++o) {
    const float* row = &layer.weights[static_cast<size_t>(o) * layer.in];
    for (int i = 0; i < layer.in; ++i) output[o] += row[i] * input[i];
  }
  return output;
}

}  // namespace

absl::Status Network::Validate() const {
  if (planes < 0 || figures < 0 || planes + figures == 0) return absl::InvalidArgumentError("the network has no inputs");
  if (mean.size() != static_cast<size_t>(figures) || scale.size() != static_cast<size_t>(figures)) {
    return absl::InvalidArgumentError(absl::StrCat("mean and scale need ", figures, " values each"));
  }
  if (convolutions.empty() != (planes == 0)) return absl::InvalidArgumentError("convolutions and an image belong together");
  if (convolutions.empty() && head.empty()) return absl::InvalidArgumentError("the network has no layer");
  int width = planes;
  for (size_t i = 0; i < convolutions.size(); ++i) {
    if (absl::Status bad = Check(convolutions[i], width, absl::StrCat("convolution ", i)); !bad.ok()) return bad;
    width = convolutions[i].out;
  }
  if (!head.empty()) width = 2 * width * (convolutions.empty() ? 0 : 1) + figures;
  for (size_t i = 0; i < head.size(); ++i) {
    if (head[i].size != 1) return absl::InvalidArgumentError(absl::StrCat("dense layer ", i, " has a kernel"));
    if (absl::Status bad = Check(head[i], width, absl::StrCat("dense layer ", i)); !bad.ok()) return bad;
    width = head[i].out;
  }
  return absl::OkStatus();
}

int Network::outputs() const { return head.empty() ? convolutions.back().out * kZones : head.back().out; }

std::vector<float> Network::Run(const float* image, const float* given) const {
  std::vector<float> maps(image, image + static_cast<size_t>(planes) * kZones);
  for (size_t i = 0; i < convolutions.size(); ++i) {
    maps = Convolve(convolutions[i], maps);
    if (i + 1 < convolutions.size() || !head.empty()) Rectify(maps);
  }
  if (head.empty()) return maps;
  std::vector<float> values, greatest;
  for (auto plane = maps.begin(); plane != maps.end(); plane += kZones) {
    values.push_back(std::accumulate(plane, plane + kZones, 0.0f) / kZones);
    greatest.push_back(*std::max_element(plane, plane + kZones));
  }
  values.insert(values.end(), greatest.begin(), greatest.end());
  for (int i = 0; i < figures; ++i) values.push_back((given[i] - mean[i]) * scale[i]);
  for (size_t i = 0; i < head.size(); ++i) {
    values = Multiply(head[i], values);
    if (i + 1 < head.size()) Rectify(values);
  }
  return values;
}

std::vector<double> Softmax(const std::vector<float>& outputs) {
  const double highest = *std::max_element(outputs.begin(), outputs.end());
  std::vector<double> shares;
  double sum = 0;
  for (const float output : outputs) {
    shares.push_back(std::exp(output - highest));
    sum += shares.back();
  }
  for (double& share : shares) share /= sum;
  return shares;
}

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace egi::analytics::ml
