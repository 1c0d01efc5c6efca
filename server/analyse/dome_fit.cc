// The square of a dome's height is a quadratic q of the place: six coefficients, all linear. A zone sees the mean of sqrt(q) over its
// area; it and its slopes are summed over a grid of points. Places are in units of zones, heights in mm.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "server/analyse/dome.h"
#include "server/analyse/lanes.h"
#include "server/analyse/least_squares.h"

namespace egi::analyse {
namespace {

constexpr int kTerms = kDomeTerms;
constexpr int kPoints = 16;          // of a zone at the rim, 4 x 4
constexpr float kLowest = 4.0f;      // mm2: slopes are those of 2 mm near the outline, where they grow without bound

float CentreU(int zone) { return static_cast<float>(zone % kSide) - 3.5f; }
float CentreV(int zone) { return static_cast<float>(zone / kSide) - 3.5f; }

float At(const Quadratic& c, float u, float v) { return c[0] + u * (c[1] + c[3] * u + c[4] * v) + v * (c[2] + c[5] * v); }

Lanes At(const Quadratic& c, Lanes u, Lanes v) { return c[0] + u * (c[1] + c[3] * u + c[4] * v) + v * (c[2] + c[5] * v); }

// Four points of a Gauss-Legendre rule: exact for cubics, enough where the dome is flat.
void SeeInner(const Quadratic& c, int zone, DomeModel* model) {
  constexpr float kGauss = 0.28867513f;  // 1 / (2 sqrt 3)
  const Lanes u = CentreU(zone) + Lanes{-kGauss, kGauss, -kGauss, kGauss}, v = CentreV(zone) + Lanes{-kGauss, -kGauss, kGauss, kGauss};
  const Lanes q = At(c, u, v), root = Root(q > kLowest ? q : All(kLowest));
  const Lanes w = 0.125f / root, wu = w * u, wv = w * v;
  model->mean[zone] = Sum(root) / 4;
  model->cover[zone] = 1;
  model->slope[0][zone] = Sum(w);
  model->slope[1][zone] = Sum(wu);
  model->slope[2][zone] = Sum(wv);
  model->slope[3][zone] = Sum(wu * u);
  model->slope[4][zone] = Sum(wu * v);
  model->slope[5][zone] = Sum(wv * v);
}

// Sixteen midpoints for a zone that the outline crosses, a row of four at a time. Below kLowest the root goes down to 0 in a straight line.
void SeeRim(const Quadratic& c, int zone, DomeModel* model) {
  const Lanes u = CentreU(zone) + Lanes{-0.375f, -0.125f, 0.125f, 0.375f};
  const Lanes none = All(0), along = c[1] + c[3] * u;
  Lanes mean = none, cover = none, w0 = none, w1 = none, w2 = none;
  for (int row = 0; row < kLanes; ++row) {
    const float v = CentreV(zone) + 0.25f * static_cast<float>(row) - 0.375f;
    const Lanes q = (c[0] + v * (c[2] + c[5] * v)) + u * (along + c[4] * v);
    const Lanes root = Root(q > kLowest ? q : All(kLowest));
    const Lanes w = q > none ? (0.5f / kPoints) / root : none;
    mean += q > kLowest ? root : (q > none ? q * 0.5f : none);
    cover += q > none ? All(1) : none;
    w0 += w;
    w1 += w * v;
    w2 += w * (v * v);
  }
  model->mean[zone] = Sum(mean) / kPoints;
  model->cover[zone] = Sum(cover) / kPoints;
  model->slope[0][zone] = Sum(w0);
  model->slope[1][zone] = Sum(w0 * u);
  model->slope[2][zone] = Sum(w1);
  model->slope[3][zone] = Sum(w0 * u * u);
  model->slope[4][zone] = Sum(w1 * u);
  model->slope[5][zone] = Sum(w2);
}

// Whether the outline stays clear of a zone: q at its corners.
bool IsInner(const Quadratic& c, float u, float v) {
  constexpr float kMargin = 100;  // mm2: 10 mm of height
  return At(c, u - 0.5f, v - 0.5f) > kMargin && At(c, u + 0.5f, v - 0.5f) > kMargin && At(c, u - 0.5f, v + 0.5f) > kMargin &&
         At(c, u + 0.5f, v + 0.5f) > kMargin;
}

// Half an ellipsoid with the volume, centroid and second moments of the map: the variance of x' under its volume is a^2 / 5.
// False when the map has no extent.
bool FromMoments(const ZoneMap& heights, ZoneMask zones, Quadratic* c) {
  double sum = 0, su = 0, sv = 0, uu = 0, uv = 0, vv = 0;
  ForEachZone(zones, [&](int i) {
    const double h = std::max(0.0, heights[i]), u = CentreU(i), v = CentreV(i);
    sum += h;
    su += h * u;
    sv += h * v;
    uu += h * u * u;
    uv += h * u * v;
    vv += h * v * v;
  });
  if (sum <= 0) return false;
  const double u0 = su / sum, v0 = sv / sum;
  // The variance of the points inside a zone (1/12) is left out of the sums over centres.
  uu = std::max(0.05, uu / sum - u0 * u0 + 1.0 / 12);
  vv = std::max(0.05, vv / sum - v0 * v0 + 1.0 / 12);
  uv = uv / sum - u0 * v0;
  const double determinant = std::max(1e-3, uu * vv - uv * uv);
  // Inverse of 5 times the covariance is the matrix of the outline.
  const double m11 = vv / determinant / 5, m22 = uu / determinant / 5, m12 = -uv / determinant / 5;
  const double area = std::numbers::pi * 5 * std::sqrt(determinant);
  const double height = 1.5 * sum / area, a = height * height;
  *c = {static_cast<float>(a * (1 - m11 * u0 * u0 - 2 * m12 * u0 * v0 - m22 * v0 * v0)),
        static_cast<float>(2 * a * (m11 * u0 + m12 * v0)),
        static_cast<float>(2 * a * (m12 * u0 + m22 * v0)),
        static_cast<float>(-a * m11),
        static_cast<float>(-2 * a * m12),
        static_cast<float>(-a * m22)};
  return true;
}

float Tukey(float u) {
  const float v = std::max(0.0f, 1 - u * u);
  return v * v;
}

// Weighted normal equations of the residuals; maps are 0 beside the zones that are used.
NormalEquations<kTerms> EquationsOf(const DomeModel& model, const std::array<float, kZones>& residual, const std::array<float, kZones>& weight) {
  Lanes right[kTerms] = {}, matrix[kTerms][kTerms] = {};
  for (int i = 0; i < kZones; i += kLanes) {
    const Lanes w = Load(&weight[i]), r = Load(&residual[i]);
    Lanes s[kTerms];
    for (int k = 0; k < kTerms; ++k) s[k] = Load(&model.slope[k][i]);
    for (int a = 0; a < kTerms; ++a) {
      const Lanes weighted = w * s[a];
      right[a] += weighted * r;
      for (int b = 0; b <= a; ++b) matrix[a][b] += weighted * s[b];
    }
  }
  NormalEquations<kTerms> equations;
  for (int a = 0; a < kTerms; ++a) {
    equations.SetRight(a, Sum(right[a]));
    for (int b = 0; b <= a; ++b) equations.Set(a, b, Sum(matrix[a][b]));
  }
  return equations;
}

// Moves the heights along their slopes; the greatest change, mm.
float MoveBy(const std::array<double, kTerms>& change, DomeModel* model) {
  float greatest = 0;
  for (int i = 0; i < kZones; i += kLanes) {
    Lanes sum = All(0);
    for (int k = 0; k < kTerms; ++k) sum += static_cast<float>(change[k]) * Load(&model->slope[k][i]);
    Store(Load(&model->mean[i]) + sum, &model->mean[i]);
    for (int k = 0; k < kLanes; ++k) greatest = std::max(greatest, std::abs(sum[k]));
  }
  return greatest;
}

}  // namespace

void See(const Quadratic& quadratic, ZoneMask zones, DomeModel* model) {
  ForEachZone(zones, [&](int i) {
    if (IsInner(quadratic, CentreU(i), CentreV(i))) {
      SeeInner(quadratic, i, model);
    } else {
      SeeRim(quadratic, i, model);
    }
  });
}

bool ToDome(const Quadratic& c, const ZoneGrid& grid, Dome* dome) {
  const double b11 = -c[3], b12 = -c[4] / 2.0, b22 = -c[5];
  const double determinant = b11 * b22 - b12 * b12;
  if (!(b11 > 0 && b22 > 0 && determinant > 1e-4 * b11 * b22)) return false;
  const double u = (b22 * c[1] - b12 * c[2]) / (2 * determinant), v = (b11 * c[2] - b12 * c[1]) / (2 * determinant);
  const double top = c[0] + (c[1] * u + c[2] * v) / 2;
  if (!(top > 1)) return false;
  const double m11 = b11 / top / (grid.zone_x_mm * grid.zone_x_mm), m22 = b22 / top / (grid.zone_y_mm * grid.zone_y_mm);
  const double m12 = b12 / top / (grid.zone_x_mm * grid.zone_y_mm);
  const double mean = (m11 + m22) / 2, spread = std::hypot((m11 - m22) / 2, m12);
  dome->x = u * grid.zone_x_mm;
  dome->y = v * grid.zone_y_mm;
  dome->height = std::sqrt(top);
  dome->a = 1 / std::sqrt(std::max(1e-9, mean - spread));
  dome->b = 1 / std::sqrt(mean + spread);
  dome->angle = 0.5 * std::atan2(-2 * m12, m22 - m11);
  return dome->a < 1000;
}

std::array<PriorRow, kPriors> PriorsOf(const Quadratic& c, const DomePrior& prior, const ZoneGrid& grid) {
  std::array<PriorRow, kPriors> rows;
  // The centre is minus the inverse of the second derivatives times the slopes at the origin: linear in the slopes.
  const double determinant = 4.0 * c[3] * c[5] - static_cast<double>(c[4]) * c[4];
  if (!(determinant > 0)) return rows;
  const double weight_u = grid.zone_x_mm / prior.centre_sd_mm, weight_v = grid.zone_y_mm / prior.centre_sd_mm;
  rows[0].slope[1] = static_cast<float>(-2 * c[5] / determinant * weight_u);
  rows[0].slope[2] = static_cast<float>(c[4] / determinant * weight_u);
  rows[1].slope[1] = static_cast<float>(c[4] / determinant * weight_v);
  rows[1].slope[2] = static_cast<float>(-2 * c[3] / determinant * weight_v);
  for (int r = 0; r < 2; ++r) rows[r].residual = -(rows[r].slope[1] * c[1] + rows[r].slope[2] * c[2]);
  // Half the logarithm of the ratio of the eigenvalues of the second derivatives in mm.
  const double xx = -c[3] / (grid.zone_x_mm * grid.zone_x_mm), yy = -c[5] / (grid.zone_y_mm * grid.zone_y_mm);
  const double xy = -c[4] / (2 * grid.zone_x_mm * grid.zone_y_mm);
  const double mean = (xx + yy) / 2, half = (xx - yy) / 2, spread = std::max(1e-12, std::hypot(half, xy));
  const double great = mean + spread, small = mean - spread;
  if (!(small > 0)) return rows;
  const double g = 0.5 / great, s = 0.5 / small, tilt = half / (2 * spread), turn = xy / spread;
  const double weight = 1 / prior.aspect_sd;
  rows[2].residual = static_cast<float>((std::log(prior.aspect) - 0.5 * std::log(great / small)) * weight);
  rows[2].slope[3] = static_cast<float>(-(g * (0.5 + tilt) - s * (0.5 - tilt)) / (grid.zone_x_mm * grid.zone_x_mm) * weight);
  rows[2].slope[5] = static_cast<float>(-(g * (0.5 - tilt) - s * (0.5 + tilt)) / (grid.zone_y_mm * grid.zone_y_mm) * weight);
  rows[2].slope[4] = static_cast<float>(-(g + s) * turn / (2 * grid.zone_x_mm * grid.zone_y_mm) * weight);
  return rows;
}

DomeFit FitDome(const ZoneMap& heights, ZoneMask product, ZoneMask trusted, double noise_mm, const ZoneGrid& grid, const DomePrior& prior) {
  constexpr int kRounds = 4;
  constexpr float kTukey = 4.685f, kMad = 1.4826f;
  constexpr float kSmallStep = 1.5f;  // mm: the model is straight over such a step
  DomeFit fit;
  fit.dome = Dome{0, 0, 10, 10, 1, 0};
  if (!FromMoments(heights, product, &fit.quadratic)) return fit;
  const ZoneMask zones = Grow8(product), used = zones & trusted, sure = product & trusted;
  fit.fitted = Count(sure) > kTerms;
  std::array<float, kZones> residual{}, sizes;
  const auto compare = [&] {
    size_t count = 0;
    ForEachZone(used, [&](int i) { residual[i] = static_cast<float>(heights[i]) - fit.model.mean[i]; });
    ForEachZone(sure, [&](int i) { sizes[count++] = std::abs(residual[i]); });
    if (count == 0) return 0.0f;
    std::nth_element(sizes.begin(), sizes.begin() + count / 2, sizes.begin() + count);
    return kMad * sizes[count / 2];
  };
  See(fit.quadratic, zones, &fit.model);
  fit.spread_mm = compare();
  for (int round = 0; fit.fitted && round < kRounds; ++round) {
    // The first step goes wide, so that a poor start does not hide behind the weights.
    const float scale = (round == 0 ? 2 : 1) * kTukey * std::max(static_cast<float>(noise_mm), static_cast<float>(fit.spread_mm));
    std::array<float, kZones> weight{};
    ForEachZone(used, [&](int i) { weight[i] = Tukey(residual[i] / scale); });
    NormalEquations<kTerms> equations = EquationsOf(fit.model, residual, weight);
    for (const PriorRow& row : PriorsOf(fit.quadratic, prior, grid)) {
      const auto& s = row.slope;
      equations.Add({s[0], s[1], s[2], s[3], s[4], s[5]}, row.residual, 1);
    }
    std::array<double, kTerms> change;
    if (!equations.Solve(1e-6, &change)) break;
    Quadratic next = fit.quadratic;
    for (int k = 0; k < kTerms; ++k) next[k] += static_cast<float>(change[k]);
    Dome ignored;
    if (!ToDome(next, grid, &ignored)) break;
    fit.quadratic = next;
    const float step = MoveBy(change, &fit.model);
    const bool last = round > 0 && step < kSmallStep;
    if (!last) See(fit.quadratic, zones, &fit.model);
    fit.spread_mm = compare();
    if (last) break;
  }
  ToDome(fit.quadratic, grid, &fit.dome);
  return fit;
}

}  // namespace egi::analyse
