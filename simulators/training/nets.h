// Trains the networks with dlib. The only file that knows dlib is nets.cc: its templates are slow to compile.
#ifndef EGI_SIMULATORS_TRAINING_NETS_H_
#define EGI_SIMULATORS_TRAINING_NETS_H_

#include <functional>
#include <string>
#include <vector>

#include "server/analytics/ml/network.h"

namespace egi::training {

// Course of a training: Adam, its step falling from `first_step` to a fiftieth of it along a cosine.
struct Schedule {
  int epochs = 12;
  int batch = 64;
  double first_step = 0.002;
  unsigned seed = 1;
  std::function<void(int epoch, double loss)> on_epoch;  // may be empty
};

using Row = std::vector<float>;

// Grade of a sample. `rows`: the image, then the scaled figures; `labels`: 0..4. Same rows and schedule give the same network.
analytics::ml::Network TrainGradeNet(const std::vector<Row>& rows, const std::vector<int>& labels, const Schedule& schedule);

// Defects per zone. `rows`: the image; `masks`: class by class, zone by zone, 1 or 0.
analytics::ml::Network TrainDefectNet(const std::vector<Row>& rows, const std::vector<Row>& masks, const Schedule& schedule);

// Grade of a sample of a lot. `rows`: the scaled figures of the lot; `labels`: 0..4.
analytics::ml::Network TrainLotNet(const std::vector<Row>& rows, const std::vector<int>& labels, const Schedule& schedule);

}  // namespace egi::training

#endif  // EGI_SIMULATORS_TRAINING_NETS_H_
