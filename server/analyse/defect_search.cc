#include "server/analyse/defect_search.h"

#include <algorithm>
#include <cmath>

#include "server/analyse/defect_shapes.h"
#include "server/analyse/least_squares.h"

namespace egi::analyse {
namespace {

constexpr int kMaxColumns = kDomeTerms + kMaxShapes;
static_assert(kObservations % kLanes == 0);

float Dot(const Footprint& a, const Footprint& b) {
  Lanes sum = All(0);
  for (int i = 0; i < kObservations; i += kLanes) sum += Load(&a[i]) * Load(&b[i]);
  return Sum(sum);
}

void Subtract(float share, const Footprint& from, Footprint* map) {
  for (int i = 0; i < kObservations; i += kLanes) Store(Load(&(*map)[i]) - share * Load(&from[i]), &(*map)[i]);
}

// Orthonormal columns (Gram-Schmidt, twice for accuracy): what dome and shapes already explain.
struct Basis {
  std::array<Footprint, kMaxColumns> column;
  int size = 0;

  // The part of `map` that the columns do not explain.
  Footprint Rest(Footprint map) const {
    for (int pass = 0; pass < 2; ++pass) {
      for (int k = 0; k < size; ++k) Subtract(Dot(column[k], map), column[k], &map);
    }
    return map;
  }

  // False when the columns explain a map already.
  bool Add(const Footprint& map) {
    const Footprint rest = Rest(map);
    const float length = Dot(rest, rest);
    if (!(length > 1e-6f * Dot(map, map)) || size == kMaxColumns) return false;
    const float scale = 1 / std::sqrt(length);
    for (int i = 0; i < kObservations; ++i) column[size][i] = rest[i] * scale;
    ++size;
    return true;
  }
};

// The best candidate of a sweep.
struct Candidate {
  float gain = 0;      // by how much it lowers the sum of squares, mm2
  int zone = -1;       // of a bump
  int number = -1;     // of the bump or bite; -1: none
  bool up = false;
};

// A shape chosen as an explanation.
struct Atom {
  DefectClass type = DefectClass::kForeignBody;
  Candidate choice;
  Footprint shape{};
  double change = 0;  // mm at the worst point
};

class Search {
 public:
  Search(const ZoneMap& heights, ZoneMask product, ZoneMask trusted, double noise_mm, const TofOptions& options, const DomeFit& fit)
      : product_(product), used_(Grow8(product) & trusted), noise_(noise_mm), options_(options), fit_(fit) {
    ForEachZone(used_, [&](int i) { height_[i] = static_cast<float>(heights[i]); });
    priors_ = PriorsOf(fit_.quadratic, options.prior, options.grid);
  }

  ShapeSearch Run() {
    if (!fit_.fitted || Quiet(Residual())) return Report();
    constexpr int kLines = 2;  // times the dome is drawn anew as a line
    for (int line = 0; line < kLines; ++line) {
      Look();
      while (count_ < kMaxShapes && AddBest()) {
      }
      if (count_ == 0) break;
      if (count_ > 1 && !Explains(Explained().Rest(target_))) Exchange();
      Refit();
      if (Explains(Residual())) break;
    }
    while (DropWeakest()) Refit();
    return Report();
  }

  const DomeFit& fit() const { return fit_; }

 private:
  Footprint Residual() const {
    Footprint rest{};
    ForEachZone(used_, [&](int i) { rest[i] = height_[i] - fit_.model.mean[i]; });
    for (int k = 0; k < count_; ++k) Subtract(static_cast<float>(atoms_[k].change), atoms_[k].shape, &rest);
    for (int r = 0; r < kPriors; ++r) rest[kZones + r] = priors_[r].residual;
    return rest;
  }

  // No zone far from the dome, and the dome not pulled away from where it should lie.
  bool Quiet(const Footprint& rest) const {
    float loudest = 0, pulled = 0;
    ForEachZone(product_, [&](int i) { loudest = std::max(loudest, std::abs(rest[i])); });
    for (int r = 0; r < kPriors; ++r) pulled = std::max(pulled, std::abs(rest[kZones + r]));
    return loudest <= options_.quiet_mm && pulled <= kQuietPull;
  }

  Footprint Slope(int term) const {
    Footprint slope{};
    ForEachZone(used_, [&](int i) { slope[i] = fit_.model.slope[term][i]; });
    for (int r = 0; r < kPriors; ++r) slope[kZones + r] = priors_[r].slope[term];
    return slope;
  }

  // Takes the dome as it is now for the line along which it may change.
  void Look() {
    bites_ = BitesOf(fit_.quadratic, fit_.dome, used_, options_.grid);
    cover_ = {};
    ForEachZone(used_, [&](int i) { cover_[i] = fit_.model.cover[i]; });
    dome_.size = 0;
    for (int k = 0; k < kDomeTerms; ++k) dome_.Add(Slope(k));
    target_ = Residual();
    for (int k = 0; k < count_; ++k) {
      Subtract(-static_cast<float>(atoms_[k].change), atoms_[k].shape, &target_);
      atoms_[k].shape = ShapeOf(atoms_[k].choice);
    }
    Weigh();
  }

  // The dome and all shapes but one.
  Basis Explained(int without = -1) const {
    Basis basis = dome_;
    for (int k = 0; k < count_; ++k) {
      if (k != without) basis.Add(atoms_[k].shape);
    }
    return basis;
  }

  // What the dome leaves of every candidate.
  void Weigh() {
    std::array<Footprint, kDomeTerms> columns;
    Footprint squared{};
    for (int i = 0; i < kZones; i += kLanes) Store(Load(&cover_[i]) * Load(&cover_[i]), &squared[i]);
    for (int k = 0; k < dome_.size; ++k) columns[k] = Covered(dome_.column[k]);
    ForEachZone(product_, [&](int zone) {
      bump_size_[zone] = bump_own_[zone] = TimesSquaredDiscs(DiscKind::kBump, zone, squared);
      for (int k = 0; k < dome_.size; ++k) {
        const DiscFigures part = TimesDiscs(DiscKind::kBump, zone, columns[k]);
        for (int j = 0; j < kDiscLanes; ++j) bump_own_[zone][j] -= part[j] * part[j];
      }
    });
    for (int k = 0; k < kBites; ++k) {
      bite_size_[k] = Dot(bites_[k], bites_[k]);
      bite_own_[k] = -1;
    }
  }

  Footprint Covered(const Footprint& map) const {
    Footprint covered{};
    for (int i = 0; i < kZones; i += kLanes) Store(Load(&map[i]) * Load(&cover_[i]), &covered[i]);
    return covered;
  }

  // The candidate that lowers the sum of squares most beside a basis that begins with the dome.
  Candidate Best(const Basis& basis, const Footprint& rest) {
    constexpr float kTallest = 30;        // mm: no defect changes more
    constexpr float kLeastOwn = 0.03f;    // share of a shape that the basis cannot do as well
    const Footprint covered = Covered(rest);
    std::array<Footprint, kMaxShapes> columns;
    for (int k = dome_.size; k < basis.size; ++k) columns[k - dome_.size] = Covered(basis.column[k]);
    Candidate best;
    ForEachZone(product_, [&](int zone) {
      const DiscFigures share = TimesDiscs(DiscKind::kBump, zone, covered), &size = bump_size_[zone];
      DiscFigures own = bump_own_[zone];
      for (int k = dome_.size; k < basis.size; ++k) {
        const DiscFigures part = TimesDiscs(DiscKind::kBump, zone, columns[k - dome_.size]);
        for (int j = 0; j < kDiscLanes; ++j) own[j] -= part[j] * part[j];
      }
      for (int j = 0; j < kDiscsOfZone; ++j) {
        const float s = share[j / kLanes][j % kLanes], n = size[j / kLanes][j % kLanes], o = own[j / kLanes][j % kLanes];
        if (s * s <= best.gain * o || n < kLeastSize || o <= kLeastOwn * n || std::abs(s) >= kTallest * o) continue;
        best = {s * s / o, zone, j, s > 0};
      }
    });
    for (int k = 0; k < kBites; ++k) {
      if (bite_size_[k] < kLeastSize) continue;
      const float share = Dot(bites_[k], rest);
      if (share >= 0 || share * share <= kLeastOwn * best.gain * bite_size_[k]) continue;
      if (bite_own_[k] < 0) {
        bite_own_[k] = bite_size_[k];
        for (int j = 0; j < dome_.size; ++j) {
          const float part = Dot(dome_.column[j], bites_[k]);
          bite_own_[k] -= part * part;
        }
        bite_own_[k] = std::max(0.0f, bite_own_[k]);
      }
      float own = bite_own_[k];
      for (int j = dome_.size; j < basis.size; ++j) {
        const float part = Dot(basis.column[j], bites_[k]);
        own -= part * part;
      }
      if (own <= kLeastOwn * bite_size_[k] || share * share <= best.gain * own || -share >= kTallest * own) continue;
      best = {share * share / own, -1, k, false};
    }
    return best;
  }

  // Where a bump lies on the dome: 0 at its top, 1 on the outline.
  double RadiusOf(const Candidate& bump) const {
    const double u = bump.zone % kSide - 3.5 + 0.5 * (bump.number % 2), v = bump.zone / kSide - 3.5 + 0.5 * (bump.number / 2 % 2);
    return fit_.dome.RadiusAt(u * options_.grid.zone_x_mm, v * options_.grid.zone_y_mm);
  }

  Footprint ShapeOf(const Candidate& choice) const {
    return choice.zone < 0 ? bites_[choice.number] : DiscOf(DiscKind::kBump, choice.zone, choice.number, cover_);
  }

  Atom AtomOf(const Candidate& choice) const {
    const bool edge = choice.zone < 0 || RadiusOf(choice) > kRim;
    const DefectClass fallen = edge ? DefectClass::kEdgeDamage : DefectClass::kSurfaceDeformation;
    return {choice.up ? DefectClass::kForeignBody : fallen, choice, ShapeOf(choice), 0};
  }

  // Zones that are left to tell the noise from when so many shapes were chosen: where each lies, and how wide it is, was fitted as well.
  double Free(int shapes) const { return std::max(4, Count(used_) - kDomeTerms - kPerShape * shapes); }

  // Whether what is left is no more than the noise of the sensor.
  bool Explains(const Footprint& rest) const { return Dot(rest, rest) < kMere * noise_ * noise_ * (Count(used_) - kDomeTerms - count_); }

  // Adds the shape that explains most of the rest; false when the rest is but noise.
  bool AddBest() {
    const Basis basis = Explained();
    const Footprint rest = basis.Rest(target_);
    if (count_ > 0 && Explains(rest)) return false;
    const Candidate best = Best(basis, rest);
    if (best.number < 0) return false;
    const double left = Dot(rest, rest) - best.gain, free = Free(count_ + 1);
    if (best.gain < kEnter * std::max(noise_ * noise_, left / free)) return false;
    atoms_[count_++] = AtomOf(best);
    return true;
  }

  // Replaces shapes by better ones as long as that helps: the first ones were chosen when the others were unknown.
  void Exchange() {
    constexpr int kPasses = 2;
    constexpr float kBetter = 1.02f;
    for (int pass = 0; pass < kPasses; ++pass) {
      bool changed = false;
      for (int k = 0; k < count_; ++k) {
        const Basis others = Explained(k);
        const Footprint rest = others.Rest(target_), own = others.Rest(atoms_[k].shape);
        const float share = Dot(own, rest), gain = share * share / std::max(1e-6f, Dot(own, own));
        const Candidate best = Best(others, rest);
        if (best.number < 0 || best.gain <= kBetter * gain) continue;
        atoms_[k] = AtomOf(best);
        changed = true;
      }
      if (!changed) return;
    }
  }

  // Takes out the shape whose absence costs least, when that is not significant; false when all are.
  bool DropWeakest() {
    const Footprint rest = Residual();
    const double variance = std::max(noise_ * noise_, Dot(rest, rest) / Free(count_));
    int weakest = -1;
    double least = options_.shape_significance * options_.shape_significance * variance;
    for (int k = 0; k < count_; ++k) {
      const Footprint own = Explained(k).Rest(atoms_[k].shape);
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
    constexpr int kRounds = 2;
    for (int round = 0; round < kRounds; ++round) {
      const int n = kDomeTerms + count_;
      std::array<Footprint, kMaxColumns> columns;
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

  static constexpr float kLeastSize = 0.05f;  // of a shape: less lies outside the product
  static constexpr double kMere = 1.2;  // variances of the sensor
  static constexpr int kPerShape = 3;
  static constexpr double kRim = 0.76;
  static constexpr float kQuietPull = 2.2f;  // spreads
  static constexpr double kEnter = 6;  // variances that a shape must explain to be tried

  const ZoneMask product_, used_;
  const double noise_;
  const TofOptions& options_;
  DomeFit fit_;
  Footprint height_{}, target_{};
  std::array<float, kZones> cover_{};
  std::array<PriorRow, kPriors> priors_;
  std::array<Footprint, kBites> bites_;
  Basis dome_;
  std::array<DiscFigures, kZones> bump_size_, bump_own_;  // squared length of a candidate, and of what the dome leaves of it
  std::array<float, kBites> bite_size_, bite_own_;  // -1: not known yet
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
