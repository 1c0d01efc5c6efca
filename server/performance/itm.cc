#include "server/performance/itm.h"

#include <algorithm>
#include <cmath>

#include "boost/math/distributions/chi_squared.hpp"
#include "server/performance/strain.h"

namespace egi::performance {
namespace {

using feeding::v1::ItmFigure;
using feeding::v1::ProductionFigure;
using feeding::v1::SigmaFigure;

// Standard normal quantile of 0.9: 80 % lie between -z and z.
constexpr double kZ80 = 1.2815515655446004;

struct Corn {
  double grams = 0;
  const char* source = "";
};

// What a duck will have got at the end. The curve in force, else the reference curve scaled to the goal, counts for the meals that are still to come only.
std::optional<Corn> PlannedCorn(const LotFacts& facts) {
  if (facts.Ended()) {
    if (facts.corn_given_g <= 0) return std::nullopt;
    return Corn{facts.corn_given_g, "donne"};
  }
  if (facts.curve_total_g.has_value() && facts.curve_left_g.has_value() && *facts.curve_total_g > 0) {
    const bool scaled = facts.corn_goal_g.has_value() && !facts.own_curve;  // a curve in force is the plan itself
    const double scale = scaled ? *facts.corn_goal_g / *facts.curve_total_g : 1;
    const double total = facts.corn_given_g + *facts.curve_left_g * scale;
    if (total <= 0) return std::nullopt;
    return Corn{total, facts.own_curve ? "courbe_lot" : scaled ? "objectif" : "courbe_souche"};
  }
  if (facts.corn_goal_g.has_value()) return Corn{std::max(*facts.corn_goal_g, facts.corn_given_g), "objectif"};
  return std::nullopt;
}

void Set(ItmFigure& figure, const char* nature, const Corn& corn, double liver_g, const char* liver_source, int count) {
  const double itm = Itm(corn.grams, liver_g);
  figure.mutable_valeur()->set_value(itm);
  figure.set_nature(nature);
  figure.mutable_classe()->set_value(ItmClass(itm));
  figure.mutable_mais_kg()->set_value(corn.grams / 1000);
  figure.set_source_mais(corn.source);
  figure.mutable_poids_foie_g()->set_value(liver_g);
  figure.set_source_foie(liver_source);
  figure.set_effectif(count);
}

// The stored figure is the fact; corn or liver weight follow where they are known.
ItmFigure Final(const LotFacts& facts) {
  ItmFigure figure;
  const double itm = *facts.itm;
  figure.mutable_valeur()->set_value(itm);
  figure.set_nature(kFinal);
  figure.mutable_classe()->set_value(ItmClass(itm));
  if (facts.corn_given_g > 0) {
    figure.mutable_mais_kg()->set_value(facts.corn_given_g / 1000);
    figure.set_source_mais("donne");
  }
  if (facts.liver_g.has_value()) {
    figure.mutable_poids_foie_g()->set_value(*facts.liver_g);
    figure.set_source_foie("pese");
  } else if (facts.corn_given_g > 0) {
    figure.mutable_poids_foie_g()->set_value(facts.corn_given_g / itm);
    figure.set_source_foie("itm");
  }
  return figure;
}

ItmFigure Projected(const LotFacts& facts, const Corn& corn) {
  ItmFigure figure;
  if (facts.earlier_liver_g.count < kEarlierLots) {
    Set(figure, kProjected, corn, ReferenceLiverG(facts.genetique, facts.souche), "reference", 0);
    return figure;
  }
  const Spread& liver = facts.earlier_liver_g;
  Set(figure, kProjected, corn, liver.mean, "historique", liver.count);
  const double half = liver.deviation.value_or(0) * kZ80;
  if (half > 0 && half < liver.mean) {
    figure.mutable_minimum()->set_value(Itm(corn.grams, liver.mean + half));
    figure.mutable_maximum()->set_value(Itm(corn.grams, liver.mean - half));
  }
  return figure;
}

}  // namespace

const char* ItmClass(double itm) {
  if (itm <= 12.5) return "A";
  if (itm <= 14) return "B";
  if (itm <= 15.5) return "C";
  return itm <= 17 ? "D" : "E";
}

double Itm(double corn_g, double liver_g) { return corn_g / liver_g; }

ItmFigure ItmOf(const LotFacts& facts) {
  if (facts.itm.has_value()) return Final(facts);
  const auto corn = PlannedCorn(facts);
  ItmFigure figure;
  figure.set_nature(kUnknown);
  if (!corn.has_value()) return figure;
  if (facts.Ended() && facts.sensed_liver_g.count > 0 && facts.sensed_liver_g.mean > 0) {
    Set(figure, kSensed, *corn, facts.sensed_liver_g.mean, "capteurs", facts.sensed_liver_g.count);
    return figure;
  }
  return Projected(facts, *corn);
}

CvInterval IntervalOfCv(double cv, int count) {
  const boost::math::chi_squared distribution(count - 1);
  const auto bound = [&](double probability) -> std::optional<double> {
    const double u = boost::math::quantile(distribution, probability);
    const double square = ((u + 2) / count - 1) * cv * cv + u / (count - 1);
    if (square <= 0) return std::nullopt;
    return cv / std::sqrt(square);
  };
  return {bound(0.975).value_or(0), bound(0.025)};
}

SigmaFigure SigmaOf(const LotFacts& facts) {
  SigmaFigure figure;
  figure.set_nature(kUnknown);
  if (facts.sigma.has_value()) {
    figure.mutable_valeur()->set_value(*facts.sigma);
    figure.set_nature(kFinal);
    return figure;
  }
  const Spread& liver = facts.sensed_liver_g;
  figure.set_effectif(liver.count);
  if (liver.count < 2 || !liver.deviation.has_value() || liver.mean <= 0) return figure;
  const double cv = *liver.deviation / liver.mean;
  figure.mutable_valeur()->set_value(cv);
  figure.set_nature(kSensed);
  const CvInterval interval = IntervalOfCv(cv, liver.count);
  figure.mutable_minimum()->set_value(interval.lower);
  if (interval.upper.has_value()) figure.mutable_maximum()->set_value(*interval.upper);
  return figure;
}

ProductionFigure ProductionOf(const LotFacts& facts, const ItmFigure& itm) {
  ProductionFigure figure;
  figure.set_nature(kUnknown);
  const auto birds = facts.birds_hung.has_value() ? facts.birds_hung : facts.birds_alive;
  if (birds.has_value()) figure.mutable_nb_canards()->set_value(*birds);
  if (!birds.has_value() || !itm.has_valeur() || !itm.has_mais_kg()) return figure;
  figure.mutable_foie_kg()->set_value(*birds * itm.mais_kg().value() / itm.valeur().value());
  const bool sensed = itm.nature() == kSensed;
  figure.set_nature(facts.birds_hung.has_value() || sensed ? itm.nature() : kProjected);
  return figure;
}

}  // namespace egi::performance
