#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "egi/feeding/v1/lot_life.grpc.pb.h"
#include "egi/supervision/v1/slaughter_plan.grpc.pb.h"
#include "gmock/gmock.h"
#include "server/api/api_test_server.h"

namespace egi::api {
namespace {

using feeding::v1::Lot;
using feeding::v1::LotLifeService;
using supervision::v1::AssignLotRequest;
using supervision::v1::ChangeSlotRequest;
using supervision::v1::CreateSlotRequest;
using supervision::v1::GetPlanRequest;
using supervision::v1::SlaughterPlan;
using supervision::v1::SlaughterPlanService;
using supervision::v1::Slot;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Stub = SlaughterPlanService::Stub;

// The day is 2026-02-03.
class SlaughterPlanServiceTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    stub_ = SlaughterPlanService::NewStub(channel_);
    life_ = LotLifeService::NewStub(channel_);
    Sql("INSERT INTO gaveurs_euralis (id, nom, site_code) VALUES (1, 'Gaveur 1', 'LL'), (2, 'Gaveur 2', 'LL') RETURNING 1");
    // Ends: 2026-02-03 (finished), 2026-02-06 (planned), 2026-03-20 (planned), another site, a slaughtered import, one that never started.
    Sql("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, statut, debut_lot, duree_gavage_prevue, duree_gavage_reelle, nb_canards_initial, nb_canards_vivants, "
        "jour_actuel, itm, total_corn_real) VALUES "
        "('LL2602001', 'LL', 1, 'termine', '2026-01-24', 10, 10, 1000, 970, 9, NULL, 7750), ('LL2602002', 'LL', 1, 'en_gavage', '2026-01-25', 12, NULL, 500, 490, 8, NULL, 5000), "
        "('LL2602003', 'LL', 2, 'en_preparation', '2026-03-08', 12, NULL, 600, NULL, -1, NULL, NULL), ('LS2602001', 'LS', NULL, 'termine', '2026-01-20', 10, 10, 400, 390, 9, NULL, "
        "7000), ('LL4801001', 'LL', 2, 'termine', '2024-01-06', 10, 10, 800, NULL, -1, 14.5, 7700), ('LL2602004', 'LL', 2, 'en_preparation', NULL, NULL, NULL, 600, NULL, -1, NULL, "
        "NULL) RETURNING 1");
  }

  CreateSlotRequest Wish(const std::string& date, int capacity = 2000, const std::string& from = "08:00", const std::string& to = "12:00") {
    CreateSlotRequest request;
    request.set_site_code("LL");
    request.set_abattoir("Abattoir 1");
    request.set_date(date);
    request.set_heure_debut(from);
    request.set_heure_fin(to);
    request.set_capacite_max(capacity);
    request.set_by("user:3");
    return request;
  }
  int Open(const std::string& date, int capacity = 2000, const std::string& from = "08:00", const std::string& to = "12:00") {
    Slot slot;
    const grpc::Status status = Call(*stub_, &Stub::CreateSlot, Wish(date, capacity, from, to), &slot);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return slot.id();
  }
  grpc::Status Assign(int id, const std::string& lot, Slot* slot, std::optional<double> km = std::nullopt) {
    AssignLotRequest request;
    request.set_id(id);
    request.set_lot(lot);
    request.set_by("user:3");
    if (km.has_value()) request.mutable_distance_km()->set_value(*km);
    return Call(*stub_, &Stub::AssignLot, request, slot);
  }
  grpc::Status Remove(int id, const std::string& lot, Slot* slot) {
    supervision::v1::RemoveLotRequest request;
    request.set_id(id);
    request.set_lot(lot);
    request.set_by("user:4");
    return Call(*stub_, &Stub::RemoveLot, request, slot);
  }
  grpc::Status Change(grpc::Status (Stub::*call)(grpc::ClientContext*, const ChangeSlotRequest&, Slot*), int id, Slot* slot) {
    ChangeSlotRequest request;
    request.set_id(id);
    request.set_by("user:5");
    request.set_reason("the line is down");
    return Call(*stub_, call, request, slot);
  }
  grpc::Status Slaughter(const std::string& lot, int hung) {
    feeding::v1::SlaughterLotRequest request;
    request.set_lot(lot);
    request.set_by("user:6");
    request.set_date_abattage("2026-02-07");
    request.set_nb_canards_accroches(hung);
    Lot slaughtered;
    return Call(*life_, &LotLifeService::Stub::SlaughterLot, request, &slaughtered);
  }
  SlaughterPlan Plan(const GetPlanRequest& request = {}) {
    SlaughterPlan plan;
    const grpc::Status status = Call(*stub_, &Stub::GetPlan, request, &plan);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return plan;
  }
  // What the history of a slot says, oldest first: who action, ...
  std::string History(int id) {
    return Sql(absl::StrCat("SELECT string_agg(changed_by || ' ' || action, ', ' ORDER BY id) FROM planning_abattages_history WHERE creneau_id = ", id));
  }
  std::string State(int id) { return Sql(absl::StrCat("SELECT statut FROM planning_abattages WHERE id = ", id)); }

  std::unique_ptr<Stub> stub_;
  std::unique_ptr<LotLifeService::Stub> life_;
};

TEST_F(SlaughterPlanServiceTest, LotsThatEndInTheWindowWaitForASlotEarliestFirst) {
  const auto plan = Plan();
  EXPECT_EQ(plan.from(), "2026-02-03");
  EXPECT_EQ(plan.to(), "2026-02-17");
  ASSERT_EQ(plan.a_planifier_size(), 3);
  EXPECT_EQ(plan.indicateurs().nb_a_planifier(), 3);
  EXPECT_EQ(plan.a_planifier(0).code_lot(), "LS2602001");
  EXPECT_EQ(plan.a_planifier(0).attente_jours(), 4);
  EXPECT_EQ(plan.a_planifier(1).code_lot(), "LL2602001");
  EXPECT_EQ(plan.a_planifier(1).date_au_plus_tot().value(), "2026-02-03");
  EXPECT_EQ(plan.a_planifier(1).raison(), "gavage_termine");
  EXPECT_EQ(plan.a_planifier(1).nb_canards().value(), 970);
  EXPECT_EQ(plan.a_planifier(2).code_lot(), "LL2602002");
  EXPECT_EQ(plan.a_planifier(2).raison(), "fin_prevue");
  GetPlanRequest later;
  later.set_from("2026-02-10");
  later.set_to("2026-03-31");
  later.set_site_code("LL");
  EXPECT_EQ(Plan(later).a_planifier_size(), 3) << "with the lot of March, without that of LS";
}

TEST_F(SlaughterPlanServiceTest, AssignedLotStandsInItsSlotAndNoLongerWaits) {
  const int id = Open("2026-02-06", 1000);
  Slot slot;
  ASSERT_TRUE(Assign(id, "LL2602001", &slot).ok());
  EXPECT_EQ(slot.nb_lots(), 1);
  EXPECT_EQ(slot.nb_canards(), 970);
  EXPECT_EQ(slot.places_libres(), 30);
  EXPECT_DOUBLE_EQ(slot.taux_utilisation_pct(), 97);
  EXPECT_TRUE(slot.goulot());
  EXPECT_EQ(slot.lots_ids(0), slot.lots(0).lot_id());
  EXPECT_EQ(slot.lots(0).attente_jours().value(), 3);
  ASSERT_TRUE(Assign(id, "LL2602001", &slot).ok()) << "again changes nothing";
  const auto plan = Plan();
  EXPECT_EQ(plan.a_planifier_size(), 2);
  ASSERT_EQ(plan.creneaux_size(), 1);
  EXPECT_EQ(plan.creneaux(0).lots(0).code_lot(), "LL2602001");
  EXPECT_DOUBLE_EQ(plan.indicateurs().taux_utilisation_pct().value(), 97);
  ASSERT_EQ(plan.goulots_size(), 1);
  EXPECT_EQ(plan.goulots(0).date(), "2026-02-06");
  EXPECT_EQ(plan.abattoirs(0).nb_canards(), 970);
  EXPECT_EQ(History(id), "user:3 create, user:3 assign");
}

TEST_F(SlaughterPlanServiceTest, WhatDoesNotFitIsRefusedAndToldWhy) {
  const int small = Open("2026-02-06", 969), early = Open("2026-02-05");
  Slot slot;
  const auto refused = [&](int id, const std::string& lot) {
    const grpc::Status status = Assign(id, lot, &slot);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION) << lot;
    return Reason(status);
  };
  EXPECT_EQ(refused(small, "LL2602001"), "SLOT_FULL");
  EXPECT_EQ(refused(early, "LL2602002"), "LOT_NOT_READY");
  EXPECT_EQ(refused(early, "LS2602001"), "LOT_OF_OTHER_SITE");
  EXPECT_EQ(refused(early, "LL4801001"), "LOT_STATE") << "hung in 2024";
  EXPECT_EQ(refused(early, "LL2602004"), "LOT_INCOMPLETE");
  ASSERT_TRUE(Assign(early, "LL2602001", &slot).ok());
  EXPECT_EQ(refused(small, "LL2602001"), "LOT_HAS_SLOT");
  EXPECT_EQ(Assign(9999, "LL2602001", &slot).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Reason(Assign(early, "LL9999999", &slot)), "LOT_NOT_FOUND");
  EXPECT_EQ(Reason(Remove(small, "LL2602001", &slot)), "LOT_NOT_IN_SLOT");
  EXPECT_EQ(Sql("SELECT count(*) FROM planning_abattages_lots"), "1");
}

TEST_F(SlaughterPlanServiceTest, EveryBadFieldIsNamed) {
  CreateSlotRequest request = Wish("2026-02-30", 0, "24:00", "8:00");
  request.set_site_code("");
  request.set_abattoir("  ");
  request.set_by("");
  Slot slot;
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::CreateSlot, request, &slot)),
              ElementsAre("site_code", "abattoir", "date", "heure_debut", "heure_fin", "capacite_max", "by"));
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::CreateSlot, Wish("2026-02-06", 1, "12:00", "08:00"), &slot)), ElementsAre("heure_fin"));
  AssignLotRequest assign;
  assign.mutable_distance_km()->set_value(-1);
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::AssignLot, assign, &slot)), ElementsAre("id", "by", "lot", "distance_km"));
  ChangeSlotRequest cancel;
  cancel.set_id(1);
  cancel.set_by("user:3");
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::CancelSlot, cancel, &slot)), ElementsAre("reason"));
  GetPlanRequest plan;
  plan.set_from("2026-01-01");
  plan.set_to("2027-01-03");
  plan.set_statut("ouvert");
  SlaughterPlan answer;
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::GetPlan, plan, &answer)), ElementsAre("to", "statut"));
}

TEST_F(SlaughterPlanServiceTest, SlotIsOpenedOnceAndOverlapsNone) {
  const int id = Open("2026-02-06");
  EXPECT_EQ(Open("2026-02-06"), id);
  EXPECT_NE(Open("2026-02-06", 2000, "12:00", "18:00"), id) << "hours that touch do not overlap";
  Slot slot;
  const grpc::Status refused = Call(*stub_, &Stub::CreateSlot, Wish("2026-02-06", 500, "11:00", "13:00"), &slot);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(Reason(refused), "SLOT_OVERLAPS");
  ASSERT_TRUE(Change(&Stub::CancelSlot, id, &slot).ok());
  EXPECT_NE(Open("2026-02-06"), id) << "a cancelled slot leaves its hours free";
}

TEST_F(SlaughterPlanServiceTest, ConfirmedSlotKeepsItsLotsUntilItIsReopened) {
  const int id = Open("2026-02-06");
  Slot slot;
  EXPECT_EQ(Reason(Change(&Stub::ConfirmSlot, id, &slot)), "SLOT_EMPTY");
  ASSERT_TRUE(Assign(id, "LL2602001", &slot).ok());
  ASSERT_TRUE(Change(&Stub::ConfirmSlot, id, &slot).ok());
  EXPECT_EQ(slot.statut(), "confirme");
  EXPECT_EQ(Reason(Assign(id, "LL2602002", &slot)), "SLOT_STATE");
  EXPECT_EQ(Reason(Remove(id, "LL2602001", &slot)), "SLOT_STATE");
  ASSERT_TRUE(Change(&Stub::ReopenSlot, id, &slot).ok());
  ASSERT_TRUE(Remove(id, "LL2602001", &slot).ok());
  EXPECT_EQ(slot.nb_canards(), 0);
  EXPECT_EQ(History(id), "user:3 create, user:3 assign, user:5 confirm, user:5 reopen, user:4 remove");
}

TEST_F(SlaughterPlanServiceTest, CancelledSlotGivesItsLotsBackAndKeepsThemInItsHistory) {
  const int id = Open("2026-02-06");
  Slot slot;
  ASSERT_TRUE(Assign(id, "LL2602001", &slot).ok());
  ASSERT_TRUE(Change(&Stub::CancelSlot, id, &slot).ok());
  EXPECT_EQ(slot.statut(), "annule");
  EXPECT_EQ(slot.raison_annulation(), "the line is down");
  EXPECT_EQ(slot.lots_size(), 0);
  const auto plan = Plan();
  EXPECT_EQ(plan.a_planifier_size(), 3);
  EXPECT_EQ(plan.indicateurs().nb_annules(), 1);
  EXPECT_EQ(plan.abattoirs_size(), 0);
  supervision::v1::ListSlotChangesRequest request;
  request.set_id(id);
  supervision::v1::ListSlotChangesResponse changes;
  ASSERT_TRUE(Call(*stub_, &Stub::ListSlotChanges, request, &changes).ok());
  ASSERT_EQ(changes.changes_size(), 3) << "one change, whatever it took";
  const auto& newest = changes.changes(0);
  EXPECT_EQ(newest.changed_by(), "user:5");
  EXPECT_EQ(newest.action(), "cancel");
  EXPECT_EQ(newest.reason(), "the line is down");
  std::vector<std::string> fields;
  for (const auto& field : newest.fields()) fields.push_back(field.field());
  EXPECT_THAT(fields, ElementsAre("lots_ids", "nb_canards", "nb_lots", "raison_annulation", "statut"));
  EXPECT_EQ(newest.fields(1).before().value(), "970");
  EXPECT_EQ(newest.fields(1).after().value(), "0");
  EXPECT_EQ(Reason(Change(&Stub::ConfirmSlot, id, &slot)), "SLOT_STATE");
}

TEST_F(SlaughterPlanServiceTest, SlotIsDoneInTheTransactionOfItsLastSlaughter) {
  const int id = Open("2026-02-06");
  Slot slot;
  ASSERT_TRUE(Assign(id, "LL2602001", &slot).ok());
  ASSERT_TRUE(Assign(id, "LL2602002", &slot).ok());
  ASSERT_TRUE(Change(&Stub::ConfirmSlot, id, &slot).ok());
  ASSERT_TRUE(Slaughter("LL2602001", 960).ok());
  EXPECT_EQ(State(id), "confirme");
  EXPECT_EQ(Reason(Change(&Stub::CancelSlot, id, &slot)), "SLOT_STATE") << "one lot was slaughtered in it";
  Sql("UPDATE lots_gavage SET statut = 'termine' WHERE code_lot = 'LL2602002' RETURNING 1");
  ASSERT_TRUE(Slaughter("LL2602002", 480).ok());
  EXPECT_EQ(State(id), "realise");
  EXPECT_EQ(Sql(absl::StrCat("SELECT changed_by || ' ' || action FROM planning_abattages_history WHERE creneau_id = ", id, " ORDER BY id DESC LIMIT 1")),
            "user:6 slaughter");
  const auto plan = Plan();
  EXPECT_EQ(plan.creneaux(0).lots(0).date_abattage().value(), "2026-02-07");
  EXPECT_EQ(plan.indicateurs().nb_realises(), 1);
  EXPECT_EQ(Reason(Assign(id, "LL2602003", &slot)), "SLOT_STATE");
}

TEST_F(SlaughterPlanServiceTest, DistanceOfALotIsCorrectedInAnyStateAndTheHistorySaysIt) {
  const int id = Open("2026-02-06");
  Slot slot;
  ASSERT_TRUE(Assign(id, "LL2602001", &slot, 80).ok());
  ASSERT_TRUE(Assign(id, "LL2602001", &slot, 82.5).ok());
  EXPECT_EQ(slot.lots(0).distance_km().value(), 82.5);
  ASSERT_TRUE(Assign(id, "LL2602001", &slot, 82.5).ok());
  ASSERT_TRUE(Assign(id, "LL2602001", &slot).ok());
  EXPECT_EQ(slot.lots(0).distance_km().value(), 82.5) << "one that is not told is kept";
  ASSERT_TRUE(Slaughter("LL2602001", 960).ok());
  ASSERT_EQ(State(id), "realise");
  clock_.Advance(absl::Hours(24 * 30));
  ASSERT_TRUE(Assign(id, "LL2602001", &slot, 85).ok());
  EXPECT_EQ(slot.lots(0).distance_km().value(), 85);
  EXPECT_EQ(slot.nb_canards(), 970);
  EXPECT_EQ(History(id), "user:3 create, user:3 assign, user:3 distance, user:6 slaughter, user:3 distance");
  supervision::v1::ListSlotChangesRequest request;
  request.set_id(id);
  supervision::v1::ListSlotChangesResponse changes;
  ASSERT_TRUE(Call(*stub_, &Stub::ListSlotChanges, request, &changes).ok());
  ASSERT_EQ(changes.changes(0).fields_size(), 1);
  EXPECT_EQ(changes.changes(0).fields(0).field(), "lots.LL2602001.distance_km");
  EXPECT_EQ(changes.changes(0).fields(0).before().value(), "82.5");
  EXPECT_EQ(changes.changes(0).fields(0).after().value(), "85");
}

// As the import of the cooperative's file does: `termine`, with the birds hung and the ITM.
TEST_F(SlaughterPlanServiceTest, SlotIsDoneWhenTheResultsOfItsLotAreImported) {
  const int id = Open("2026-02-06");
  Slot slot;
  ASSERT_TRUE(Assign(id, "LL2602001", &slot).ok());
  ASSERT_TRUE(Assign(id, "LL2602002", &slot).ok());
  ASSERT_TRUE(Change(&Stub::ConfirmSlot, id, &slot).ok());
  Sql("UPDATE lots_gavage SET nb_canards_accroches = 960, itm = 15.5 WHERE code_lot = 'LL2602001' RETURNING 1");
  EXPECT_EQ(State(id), "confirme");
  EXPECT_EQ(Reason(Change(&Stub::CancelSlot, id, &slot)), "SLOT_STATE") << "the birds of one lot were hung";
  Sql("UPDATE lots_gavage SET statut = 'termine', nb_canards_accroches = 480, itm = 15.5 WHERE code_lot = 'LL2602002' RETURNING 1");
  EXPECT_EQ(State(id), "realise");
}

TEST_F(SlaughterPlanServiceTest, LotWhoseBirdsWereHungStaysInItsSlot) {
  const int id = Open("2026-02-06");
  Slot slot;
  ASSERT_TRUE(Assign(id, "LL2602001", &slot).ok());
  ASSERT_TRUE(Assign(id, "LL2602002", &slot).ok());
  Sql("UPDATE lots_gavage SET nb_canards_accroches = 960 WHERE code_lot = 'LL2602001' RETURNING 1");
  EXPECT_EQ(Reason(Remove(id, "LL2602001", &slot)), "LOT_STATE");
  ASSERT_TRUE(Remove(id, "LL2602002", &slot).ok());
  EXPECT_EQ(slot.statut(), "realise") << "all that is left was slaughtered";
}

// The day is that of the sites: at 23:30 UTC of the 3rd the 4th has begun there.
TEST_F(SlaughterPlanServiceTest, PastDaysTakeNeitherSlotsNorLots) {
  const int id = Open("2026-02-03");
  Slot slot;
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::CreateSlot, Wish("2026-02-02"), &slot)), ElementsAre("date"));
  clock_.Advance(absl::Hours(14.5));
  const grpc::Status late = Call(*stub_, &Stub::CreateSlot, Wish("2026-02-03", 500), &slot);
  EXPECT_THAT(BadFields(late), ElementsAre("date"));
  EXPECT_THAT(late.error_message(), HasSubstr("2026-02-04"));
  const grpc::Status refused = Assign(id, "LL2602001", &slot);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Reason(refused), "SLOT_PAST");
  EXPECT_THAT(refused.error_message(), HasSubstr("today is 2026-02-04"));
}

TEST_F(SlaughterPlanServiceTest, CancelledLotLeavesItsSlot) {
  const int id = Open("2026-02-06");
  Slot slot;
  ASSERT_TRUE(Assign(id, "LL2602001", &slot).ok());
  ASSERT_TRUE(Change(&Stub::ConfirmSlot, id, &slot).ok());
  feeding::v1::CancelLotRequest cancel;
  cancel.set_lot("LL2602001");
  cancel.set_by("user:7");
  cancel.set_reason("seized by the vet");
  Lot lot;
  ASSERT_TRUE(Call(*life_, &LotLifeService::Stub::CancelLot, cancel, &lot).ok());
  EXPECT_EQ(State(id), "planifie") << "nothing is left to confirm";
  EXPECT_EQ(Sql("SELECT count(*) FROM planning_abattages_lots"), "0");
}

TEST_F(SlaughterPlanServiceTest, StateRestrictsTheSlotsAndNotTheFigures) {
  Open("2026-02-06");
  const int other = Open("2026-02-07");
  Slot slot;
  ASSERT_TRUE(Change(&Stub::CancelSlot, other, &slot).ok());
  GetPlanRequest request;
  request.set_statut("annule");
  const auto plan = Plan(request);
  ASSERT_EQ(plan.creneaux_size(), 1);
  EXPECT_EQ(plan.creneaux(0).id(), other);
  EXPECT_EQ(plan.indicateurs().nb_planifies(), 1);
  EXPECT_EQ(plan.indicateurs().capacite_max(), 2000);
}

// Fifty birds each, places for ten lots, twenty people at once.
TEST_F(SlaughterPlanServiceTest, AssignersAtOnceNeverExceedTheCapacity) {
  for (int i = 10; i < 30; ++i) {
    Sql(absl::StrCat("INSERT INTO lots_gavage (code_lot, site_code, statut, debut_lot, duree_gavage_reelle, nb_canards_initial) VALUES ('LL26020", i,
                     "', 'LL', 'termine', '2026-01-20', 10, 50) RETURNING 1"));
  }
  const int id = Open("2026-02-06", 520);
  std::atomic<int> done{0}, full{0};
  std::vector<std::thread> people;
  for (int i = 10; i < 30; ++i) {
    people.emplace_back([&, i] {
      Slot slot;
      const grpc::Status status = Assign(id, absl::StrCat("LL26020", i), &slot);
      if (status.ok()) ++done;
      if (Reason(status) == "SLOT_FULL") ++full;
    });
  }
  for (std::thread& person : people) person.join();
  EXPECT_EQ(done, 10);
  EXPECT_EQ(full, 10);
  EXPECT_EQ(Sql(absl::StrCat("SELECT nb_lots || ' ' || nb_canards FROM planning_abattages WHERE id = ", id)), "10 500");
  EXPECT_EQ(Sql(absl::StrCat("SELECT sum(nb_canards) FROM planning_abattages_lots WHERE creneau_id = ", id)), "500");
}

TEST_F(SlaughterPlanServiceTest, LotThatManyWantGetsOneSlot) {
  std::vector<int> slots;
  for (int day = 10; day < 18; ++day) slots.push_back(Open(absl::StrCat("2026-02-", day)));
  std::atomic<int> done{0}, taken{0};
  std::vector<std::thread> people;
  for (const int id : slots) {
    people.emplace_back([&, id] {
      Slot slot;
      const grpc::Status status = Assign(id, "LL2602001", &slot);
      if (status.ok()) ++done;
      if (Reason(status) == "LOT_HAS_SLOT") ++taken;
    });
  }
  for (std::thread& person : people) person.join();
  EXPECT_EQ(done, 1);
  EXPECT_EQ(taken, 7);
  EXPECT_EQ(Sql("SELECT sum(nb_lots) FROM planning_abattages"), "1");
}

// Eight slots with two lots each: while one is slaughtered and the other cancelled, a third comes and the slot is given up.
TEST_F(SlaughterPlanServiceTest, LotsAndTheirSlotChangeAtOnceAndAgreeAfterwards) {
  constexpr int kSlots = 8;
  std::vector<int> slots;
  for (int i = 0; i < kSlots; ++i) {
    slots.push_back(Open(absl::StrCat("2026-02-", 10 + i)));
    for (const char* name : {"LL26031", "LL26032", "LL26033"}) {
      Sql(absl::StrCat("INSERT INTO lots_gavage (code_lot, site_code, statut, debut_lot, duree_gavage_reelle, nb_canards_initial, nb_canards_meg) VALUES ('", name, "0", i,
                       "', 'LL', 'termine', '2026-01-20', 10, 50, 50) RETURNING 1"));
    }
    Slot slot;
    for (const char* name : {"LL26031", "LL26032"}) ASSERT_TRUE(Assign(slots.back(), absl::StrCat(name, "0", i), &slot).ok());
  }
  std::atomic<int> slaughtered{0}, cancelled{0}, broken{0};
  const auto settle = [&](const grpc::Status& status) {
    if (!status.ok() && status.error_code() != grpc::StatusCode::FAILED_PRECONDITION) ++broken;
  };
  std::vector<std::thread> people;
  for (int i = 0; i < kSlots; ++i) {
    const std::string number = absl::StrCat("0", i);
    people.emplace_back([&, number] {
      if (Slaughter("LL26031" + number, 49).ok()) ++slaughtered;
    });
    people.emplace_back([&, number] {
      feeding::v1::CancelLotRequest request;
      request.set_lot("LL26032" + number);
      request.set_by("user:7");
      request.set_reason("seized by the vet");
      Lot lot;
      if (Call(*life_, &LotLifeService::Stub::CancelLot, request, &lot).ok()) ++cancelled;
    });
    people.emplace_back([&, number, id = slots[i]] {
      Slot slot;
      settle(Assign(id, "LL26033" + number, &slot));
    });
    people.emplace_back([&, id = slots[i]] {
      Slot slot;
      settle(Change(&Stub::CancelSlot, id, &slot));
    });
  }
  for (std::thread& person : people) person.join();
  EXPECT_EQ(slaughtered, kSlots);
  EXPECT_EQ(cancelled, kSlots);
  EXPECT_EQ(broken, 0);
  EXPECT_EQ(Sql("SELECT count(*) FROM planning_abattages p CROSS JOIN LATERAL (SELECT count(*) AS n, coalesce(sum(a.nb_canards), 0) AS birds, "
                "count(*) FILTER (WHERE l.statut = 'abattu') AS done, count(*) FILTER (WHERE l.statut = 'annule') AS given_up "
                "FROM planning_abattages_lots a JOIN lots_gavage l ON l.id = a.lot_id WHERE a.creneau_id = p.id) x "
                "WHERE p.nb_lots <> x.n OR p.nb_canards <> x.birds OR x.given_up > 0 OR (p.statut = 'annule') <> (x.n = 0) "
                "OR (p.statut = 'realise') <> (x.n > 0 AND x.done = x.n)"),
            "0");
}

TEST_F(SlaughterPlanServiceTest, SlotsOpenedAtOnceAreOne) {
  std::vector<std::thread> people;
  std::atomic<int> failed{0};
  for (int i = 0; i < 8; ++i) {
    people.emplace_back([&] {
      Slot slot;
      if (!Call(*stub_, &Stub::CreateSlot, Wish("2026-02-06"), &slot).ok()) ++failed;
    });
  }
  for (std::thread& person : people) person.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(Sql("SELECT count(*) FROM planning_abattages"), "1");
}

TEST_F(SlaughterPlanServiceTest, DatabaseItselfRefusesMoreBirdsThanPlaces) {
  const int id = Open("2026-02-06", 100);
  EXPECT_THROW(Sql(absl::StrCat("INSERT INTO planning_abattages_lots (lot_id, creneau_id, nb_canards, affecte_par) SELECT id, ", id,
                                ", 101, 'sql' FROM lots_gavage WHERE code_lot = 'LL2602001' RETURNING 1")),
               pqxx::check_violation);
}

TEST_F(SlaughterPlanServiceTest, CapacityOfSitesCountsRunningLotsByFeeder) {
  supervision::v1::ListFeederCapacityRequest request;
  supervision::v1::ListFeederCapacityResponse response;
  ASSERT_TRUE(Call(*stub_, &Stub::ListFeederCapacity, request, &response).ok());
  ASSERT_EQ(response.sites_size(), 3);
  const auto& site = response.sites(0);
  EXPECT_EQ(site.site_code(), "LL");
  EXPECT_EQ(site.nb_lots(), 3);
  EXPECT_EQ(site.nb_canards(), 490 + 600 + 600);
  EXPECT_EQ(site.places_libres(), 30000 - 1690);
  ASSERT_EQ(site.gaveurs_size(), 2);
  EXPECT_EQ(site.gaveurs(0).gaveur_nom(), "Gaveur 1");
  EXPECT_EQ(site.gaveurs(0).nb_canards(), 490);
  EXPECT_EQ(site.gaveurs(0).fin_prevue().value(), "2026-02-06");
  EXPECT_EQ(site.gaveurs(1).nb_lots(), 2);
  EXPECT_EQ(response.sites(1).nb_canards(), 0);
  EXPECT_EQ(response.sites(1).gaveurs_size(), 0);
  request.set_site_code("MT");
  ASSERT_TRUE(Call(*stub_, &Stub::ListFeederCapacity, request, &response).ok());
  EXPECT_EQ(response.sites_size(), 1);
}

}  // namespace
}  // namespace egi::api
