#include "server/analyse/defect_search.h"

#include <algorithm>
#include <cmath>

#include "server/analyse/defect_shapes.h"
#include "server/analyse/least_squares.h"

namespace egi::analyse {
namespace {

constexpr int kMaxColumns = kDomeTerms + kMaxShapes;
constexpr int kRounds = 2;  // Gauss-Newton steps after a shape was added

float Dot(const Footprint& a, const Footprint& b) {
  float sum[4] = {};
  for (int i = 0; i < kObservations; i += 4) {
    for (int k = 0; k < 4; ++k) sum[k] += a[i + k] * b[i + k];
  }
  return sum[0] + sum[1] + sum[2] + sum[3];
}

// Orthonormal columns (Gram-Schmidt, twice for accuracy): what dome and shapes already explain.
struct Basis {
  std::array<Footprint, kMaxColumns> column;
  int size = 0;

  // The part of `map` that the columns do not explain.
  Footprint Rest(Footprint map) const {
    for (int pass = 0; pass < 2; ++pass) {
      for (int k = 0; k < size; ++k) {
        const float share = Dot(column[k], map);
        for (int i = 0; i < kObservations; ++i) map[i] -= share * column[k][i];
      }
    }
    return map;
  }

  void Add(const Footprint& map) {
    const float before = Dot(map, map);
    Footprint rest = Rest(map);
    const float length = Dot(rest, rest);
    if (!(length > 1e-6f * before) || size == kMaxColumns) return;
    const float scale = 1 / std::sqrt(length);
    for (float& value : rest) value *= scale;
    column[size++] = rest;
  }
};

struct Atom {
  DefectClass type = DefectClass::kForeignBody;
  Footprint shape{};
  double change = 0;  // mm at the worst point
};

// The candidates that go with the rest best, before the dome's part in them is taken off.
struct Shortlist {
  static constexpr int kLength = 16;
  struct Entry {
    float merit = 0;
    int zone = 0, bump = 0;  // zone -1: bite number `bump`
  };
  std::array<Entry, kLength> entries;
  int size = 0;

  void Offer(float merit, int zone, int bump) {
    if (size == kLength && merit <= entries[size - 1].merit) return;
    int at = size < kLength ? size++ : size - 1;
    for (; at > 0 && entries[at - 1].merit < merit; --at) entries[at] = entries[at - 1];
    entries[at] = {merit, zone, bump};
  }
};

class Search {
 public:
  Search(const ZoneMap& heights, ZoneMask product, ZoneMask trusted, double noise_mm, const TofOptions& options, const DomeFit& fit)
      : product_(product), used_(Grow8(product) & trusted), noise_(noise_mm), options_(options), fit_(fit) {
    ForEachZone(used_, [&](int i) { height_[i] = static_cast<float>(heights[i]); });
    priors_ = PriorsOf(fit_.quadratic, options.prior, options.grid);
  }

  ShapeSearch Run() {
    if (!fit_.fitted || Loudest(Residual()) <= options_.quiet_mm) return Report();
    bites_ = BitesOf(fit_.quadratic, fit_.dome, used_, options_.grid);
    while (count_ < kMaxShapes && AddBest()) Refit();
    while (DropWeakest()) Refit();
    return Report();
  }

  const DomeFit& fit() const { return fit_; }

 private:
  Footprint Residual() const {
    Footprint rest{};
    ForEachZone(used_, [&](int i) {
      rest[i] = height_[i] - fit_.model.mean[i];
      for (int k = 0; k < count_; ++k) rest[i] -= static_cast<float>(atoms_[k].change) * atoms_[k].shape[i];
    });
    for (int r = 0; r < kPriors; ++r) rest[kZones + r] = priors_[r].residual;
    return rest;
  }

  double Loudest(const Footprint& rest) const {
    double loudest = 0;
    ForEachZone(product_, [&](int i) { loudest = std::max(loudest, static_cast<double>(std::abs(rest[i]))); });
    return loudest;
  }

  Footprint Slope(int term) const {
    Footprint slope{};
    ForEachZone(used_, [&](int i) { slope[i] = fit_.model.slope[term][i]; });
    for (int r = 0; r < kPriors; ++r) slope[kZones + r] = priors_[r].slope[term];
    return slope;
  }

  // The dome and all shapes but one.
  Basis Explained(int without = -1) const {
    Basis basis;
    for (int k = 0; k < kDomeTerms; ++k) {
      basis.Add(Slope(k));
    }
    for (int k = 0; k < count_; ++k) {
      if (k != without) basis.Add(atoms_[k].shape);
    }
    return basis;
  }

  // Variance of what nothing explains, at least that of the sensor.
  double Variance(const Footprint& rest, int columns) const {
    const double free = std::max(4, Count(used_) - columns);
    return std::max(noise_ * noise_, Dot(rest, rest) / free);
  }

  // Adds the shape that explains most of the rest; false when the rest is but noise.
  bool AddBest() {
    constexpr float kLeastSize = 0.05f;    // of a shape: it lies outside the product
    constexpr double kLeastOwn = 0.03;     // share of a shape that the dome cannot do as well
    constexpr double kLeastGain = 9;       // variances; weaker shapes are not worth a look
    const Basis basis = Explained();
    const Footprint rest = basis.Rest(Residual());
    const double variance = Variance(rest, basis.size);
    Footprint seen{}, covered{};
    ForEachZone(used_, [&](int i) {
      seen[i] = rest[i] * fit_.model.cover[i];
      covered[i] = fit_.model.cover[i] * fit_.model.cover[i];
    });
    Shortlist list;
    ForEachZone(product_, [&](int zone) {
      const BumpsOfZone& bumps = BumpsAt(zone);
      for (int k = 0; k < kBumpsOfZone; ++k) {
        const float share = Dot(bumps[k].map, seen);
        if (share > 0 && k >= kSmallRadii * kBumpOffsets * kBumpOffsets) continue;
        const float size = Dot(bumps[k].squared, covered);
        if (size > kLeastSize) list.Offer(share * share / size, zone, k);
      }
    });
    for (int k = 0; k < kBites; ++k) {
      const float share = Dot(bites_[k], rest), size = Dot(bites_[k], bites_[k]);
      if (share < 0 && size > kLeastSize) list.Offer(share * share / size, -1, k);
    }
    double best_gain = kLeastGain * noise_ * noise_;
    Atom best;
    bool found = false;
    for (int e = 0; e < list.size; ++e) {
      const Shortlist::Entry& entry = list.entries[e];
      const bool bite = entry.zone < 0;
      Footprint shape{};
      const Footprint& map = bite ? bites_[entry.bump] : BumpsAt(entry.zone)[entry.bump].map;
      ForEachZone(used_, [&](int i) { shape[i] = bite ? map[i] : map[i] * fit_.model.cover[i]; });
      const double size = Dot(shape, shape), share = Dot(shape, rest);
      double own = size;
      for (int k = 0; k < basis.size; ++k) {
        const double part = Dot(basis.column[k], shape);
        own -= part * part;
      }
      if (own < kLeastOwn * size || share * share / own <= best_gain) continue;
      best_gain = share * share / own;
      best = {bite ? DefectClass::kEdgeDamage : share > 0 ? DefectClass::kForeignBody : DefectClass::kSurfaceDeformation, shape, 0};
      found = true;
    }
    if (found) atoms_[count_++] = best;
    return found && variance > noise_ * noise_;
  }

  // Takes out the shape whose absence costs least, when that is not significant; false when all are.
  bool DropWeakest() {
    const Footprint rest = Residual();
    const double variance = Variance(rest, kDomeTerms + count_);
    int weakest = -1;
    double least = options_.shape_significance * options_.shape_significance * variance;
    for (int k = 0; k < count_; ++k) {
      Basis others = Explained(k);
      const Footprint own = others.Rest(atoms_[k].shape);
      const double cost = atoms_[k].change * atoms_[k].change * Dot(own, own);
      if (cost < least) least = cost, weakest = k;
    }
    if (weakest < 0) return false;
    std::rotate(atoms_.begin() + weakest, atoms_.begin() + weakest + 1, atoms_.begin() + count_);
    --count_;
    return true;
  }

  // Gauss-Newton steps of the coefficients of the dome and all changes together, unweighted.
  void Refit() {
    for (int round = 0; round < kRounds; ++round) {
      const int n = kDomeTerms + count_;
      std::array<Footprint, kMaxColumns> columns{};
      for (int k = 0; k < kDomeTerms; ++k) columns[k] = Slope(k);
      for (int k = 0; k < count_; ++k) columns[kDomeTerms + k] = atoms_[k].shape;
      const Footprint rest = Residual();
      NormalEquations<kMaxColumns> equations;
      for (int a = 0; a < kMaxColumns; ++a) {
        for (int b = 0; b <= a; ++b) equations.Set(a, b, a < n && b < n ? Dot(columns[a], columns[b]) : a == b);
        equations.SetRight(a, a < n ? Dot(columns[a], rest) : 0);
      }
      std::array<double, kMaxColumns> change;
      if (!equations.Solve(1e-4, &change)) return;
      Quadratic next = fit_.quadratic;
      for (int k = 0; k < kDomeTerms; ++k) next[k] += static_cast<float>(change[k]);
      Dome dome;
      if (!ToDome(next, options_.grid, &dome)) return;
      fit_.quadratic = next;
      fit_.dome = dome;
      for (int k = 0; k < count_; ++k) atoms_[k].change += change[kDomeTerms + k];
      See(fit_.quadratic, Grow8(product_), &fit_.model);
      priors_ = PriorsOf(fit_.quadratic, options_.prior, options_.grid);
    }
  }

  ShapeSearch Report() const {
    ShapeSearch search;
    ForEachZone(product_, [&](int i) { search.residual_mm[i] = height_[i] - fit_.model.mean[i]; });
    for (int k = 0; k < count_; ++k) {
      const Atom& atom = atoms_[k];
      const bool fell = atom.change < 0;
      if (fell == (atom.type == DefectClass::kForeignBody)) continue;  // the joint fit turned it round
      ShapeFound& found = search.found[search.count];
      found.type = atom.type;
      double worst = 0;
      ForEachZone(product_, [&](int i) {
        if (atom.shape[i] > worst) worst = atom.shape[i], found.zone = i;
      });
      ForEachZone(product_, [&](int i) { found.zones += atom.shape[i] >= worst / 2; });
      found.change_mm = atom.change * worst;
      ++search.count;
    }
    return search;
  }

  const ZoneMask product_, used_;
  const double noise_;
  const TofOptions& options_;
  DomeFit fit_;
  Footprint height_{};
  std::array<PriorRow, kPriors> priors_;
  std::array<Footprint, kBites> bites_{};
  std::array<Atom, kMaxShapes> atoms_;
  int count_ = 0;
};

}  // namespace

ShapeSearch SearchShapes(const ZoneMap& heights, ZoneMask product, ZoneMask trusted, double noise_mm, const TofOptions& options, DomeFit* fit) {
  Search search(heights, product, trusted, noise_mm, options, *fit);
  const ShapeSearch result = search.Run();
  *fit = search.fit();
  return result;
}

}  // namespace egi::analyse
