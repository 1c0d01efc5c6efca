#include "simulators/training/nets.h"

#include <dlib/dnn.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <numeric>
#include <random>

#include "server/analytics/ml/classes.h"
#include "server/analytics/ml/inputs.h"

namespace egi::training {
namespace {

using analytics::ml::kFigures;
using analytics::ml::kGradeClasses;
using analytics::ml::kImage;
using analytics::ml::kPlanes;
using analytics::ml::Layer;
using analytics::ml::Network;

using Column = dlib::matrix<float, 0, 1>;

constexpr int kSide = 8;
constexpr int kGradeFirst = 12, kGradeSecond = 20, kGradeHidden = 48;
constexpr int kDefectPlanes = 16;
constexpr int kLotHidden = 24;
constexpr int kMaskValues = analytics::ml::kDefectClasses * kSide * kSide;

template <int planes, typename SUBNET>
using conv3 = dlib::con<planes, 3, 3, 1, 1, SUBNET>;

template <typename SUBNET>
using image_branch =
    dlib::relu<conv3<kGradeSecond, dlib::relu<conv3<kGradeFirst, dlib::extract<0, kPlanes, kSide, kSide, SUBNET>>>>>;

using GradeNet = dlib::loss_multiclass_log<dlib::fc<
    kGradeClasses,
    dlib::relu<dlib::fc<
        kGradeHidden,
        dlib::concat3<dlib::tag2, dlib::tag3, dlib::tag4,
                      dlib::tag2<dlib::avg_pool_everything<dlib::skip5<dlib::tag3<dlib::max_pool_everything<dlib::tag5<image_branch<dlib::skip1<
                          dlib::tag4<dlib::extract<kImage, kFigures, 1, 1, dlib::tag1<dlib::input<Column>>>>>>>>>>>>>>>>>;

using DefectNet = dlib::loss_multibinary_log<dlib::extract<
    0, kMaskValues, 1, 1,
    dlib::con<analytics::ml::kDefectClasses, 1, 1, 1, 1,
              dlib::relu<conv3<kDefectPlanes,
                               dlib::relu<conv3<kDefectPlanes, dlib::relu<conv3<kDefectPlanes, dlib::extract<0, kPlanes, kSide, kSide,
                                                                                                            dlib::input<Column>>>>>>>>>>>;

using LotNet = dlib::loss_multiclass_log<
    dlib::fc<kGradeClasses, dlib::relu<dlib::fc<kLotHidden, dlib::relu<dlib::fc<kLotHidden, dlib::input<Column>>>>>>>;

Column ToColumn(const Row& row) {
  Column column(static_cast<long>(row.size()));
  std::copy(row.begin(), row.end(), column.begin());
  return column;
}

template <typename Net, typename Label>
void Fit(Net& net, const std::vector<Row>& rows, const std::vector<Label>& labels, const Schedule& schedule) {
  std::srand(schedule.seed);  // dlib draws the seeds of its first weights from rand()
  dlib::dnn_trainer<Net, dlib::adam> trainer(net, dlib::adam(0.0001, 0.9, 0.999));
  trainer.set_learning_rate_shrink_factor(1);  // this file sets the step itself
  trainer.set_iterations_without_progress_threshold(1000000000);
  std::mt19937_64 random(schedule.seed);
  std::vector<size_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<Column> inputs;
  inputs.reserve(rows.size());
  for (const Row& row : rows) inputs.push_back(ToColumn(row));
  for (int epoch = 0; epoch < schedule.epochs; ++epoch) {
    for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
    const double phase = 0.5 * (1 + std::cos(std::numbers::pi * epoch / schedule.epochs));
    trainer.set_learning_rate(schedule.first_step * (0.02 + 0.98 * phase));
    for (size_t start = 0; start + schedule.batch <= order.size(); start += schedule.batch) {
      std::vector<Column> batch;
      std::vector<Label> truth;
      for (int k = 0; k < schedule.batch; ++k) {
        batch.push_back(inputs[order[start + k]]);
        truth.push_back(labels[order[start + k]]);
      }
      trainer.train_one_step(batch, truth);
    }
    const double loss = trainer.get_average_loss();
    trainer.clear_average_loss();
    if (schedule.on_epoch) schedule.on_epoch(epoch, loss);
  }
  trainer.get_net();  // waits for the last step
  net.clean();
}

// dlib keeps the filters, then the biases.
template <typename Computation>
Layer TakeConvolution(const Computation& computation, int in, int out, int size) {
  const dlib::tensor& parameters = computation.layer_details().get_layer_params();
  Layer layer{in, out, size, {}, {}};
  const float* values = parameters.host();
  const size_t count = static_cast<size_t>(in) * out * size * size;
  layer.weights.assign(values, values + count);
  layer.bias.assign(values + count, values + count + out);
  return layer;
}

// dlib keeps a matrix of in x out, then the biases.
template <typename Computation>
Layer TakeDense(const Computation& computation, int in, int out) {
  const dlib::tensor& parameters = computation.layer_details().get_layer_params();
  Layer layer{in, out, 1, {}, {}};
  const float* values = parameters.host();
  layer.weights.resize(static_cast<size_t>(in) * out);
  for (int i = 0; i < in; ++i) {
    for (int o = 0; o < out; ++o) layer.weights[static_cast<size_t>(o) * in + i] = values[static_cast<size_t>(i) * out + o];
  }
  layer.bias.assign(values + static_cast<size_t>(in) * out, values + static_cast<size_t>(in) * out + out);
  return layer;
}

std::vector<unsigned long> ToClasses(const std::vector<int>& labels) { return {labels.begin(), labels.end()}; }

}  // namespace

Network TrainGradeNet(const std::vector<Row>& rows, const std::vector<int>& labels, const Schedule& schedule) {
  GradeNet net;
  Fit(net, rows, ToClasses(labels), schedule);
  Network network;
  network.planes = kPlanes;
  network.figures = kFigures;
  // Layers are counted from the loss: 1 fc, 2 relu, 3 fc, 4 concat, 5 tag, 6 pool, 7 skip, 8 tag, 9 pool, 10 tag, 11 relu, 12 con, 13 relu, 14 con.
  network.convolutions = {TakeConvolution(dlib::layer<14>(net), kPlanes, kGradeFirst, 3),
                          TakeConvolution(dlib::layer<12>(net), kGradeFirst, kGradeSecond, 3)};
  network.head = {TakeDense(dlib::layer<3>(net), 2 * kGradeSecond + kFigures, kGradeHidden),
                  TakeDense(dlib::layer<1>(net), kGradeHidden, kGradeClasses)};
  return network;
}

Network TrainDefectNet(const std::vector<Row>& rows, const std::vector<Row>& masks, const Schedule& schedule) {
  DefectNet net;
  std::vector<Row> signs = masks;  // dlib wants +1 and -1
  for (Row& row : signs) {
    for (float& value : row) value = value > 0 ? 1.0f : -1.0f;
  }
  Fit(net, rows, signs, schedule);
  Network network;
  network.planes = kPlanes;
  // 1 extract, 2 con, 3 relu, 4 con, 5 relu, 6 con, 7 relu, 8 con.
  network.convolutions = {TakeConvolution(dlib::layer<8>(net), kPlanes, kDefectPlanes, 3),
                          TakeConvolution(dlib::layer<6>(net), kDefectPlanes, kDefectPlanes, 3),
                          TakeConvolution(dlib::layer<4>(net), kDefectPlanes, kDefectPlanes, 3),
                          TakeConvolution(dlib::layer<2>(net), kDefectPlanes, analytics::ml::kDefectClasses, 1)};
  return network;
}

Network TrainLotNet(const std::vector<Row>& rows, const std::vector<int>& labels, const Schedule& schedule) {
  LotNet net;
  Fit(net, rows, ToClasses(labels), schedule);
  Network network;
  network.figures = static_cast<int>(rows.front().size());
  network.head = {TakeDense(dlib::layer<5>(net), network.figures, kLotHidden),
                  TakeDense(dlib::layer<3>(net), kLotHidden, kLotHidden), TakeDense(dlib::layer<1>(net), kLotHidden, kGradeClasses)};
  return network;
}

}  // namespace egi::training
