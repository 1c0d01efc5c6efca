// What the watch over meals promises, on PostgreSQL.
#include "server/storage/write/meal_watch.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/storage/write/write_contract.h"

namespace egi::storage::write {
namespace {

// 2026-02-03 is day 0; its evening meal is late from 01:00 UTC of the next day on.
class MealWatchContract : public WriteContract {
 protected:
  void SetUp() override {
    WriteContract::SetUp();
    watch_ = NewPostgresMealWatch(*pool_, {});
    other_watch_ = NewPostgresMealWatch(*other_, {});
    Sql("INSERT INTO gaveurs_euralis (id, nom, site_code) VALUES (4, 'Gaveur 4', 'LL') RETURNING 1");
  }

  static absl::Time At(int day, int hour, int minute = 0) {
    return absl::FromCivil(absl::CivilMinute(2026, 2, day, hour, minute), absl::UTCTimeZone());
  }

  // A lot that is fed since 3 February, with one meal in `moment` of `jour` at `time` (SQL).
  void Lot(const std::string& code, int jour, const std::string& moment, const std::string& time, const std::string& origine = "manual",
           const std::string& flux = "") {
    Sql(absl::StrCat("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, statut, debut_lot, dernier_repas_time, jour_actuel, origine, dernier_flux) VALUES ('",
                     code, "', 'LL', 4, 'en_gavage', '2026-02-03', '", time, "', ", jour, ", '", origine, "', nullif('", flux, "', '')) RETURNING 1"));
    Meal(code, jour, moment, time);
  }
  void Meal(const std::string& code, int jour, const std::string& moment, const std::string& time) {
    Sql(absl::StrCat("INSERT INTO gavage_meals (code_lot, jour, moment, lot_id, time, body_hash) SELECT code_lot, ", jour, ", '", moment, "', id, '", time,
                     "', '\\x0011223344556677' FROM lots_gavage WHERE code_lot = '", code, "' RETURNING 1"));
    Sql(absl::StrCat("UPDATE lots_gavage SET dernier_repas_time = '", time, "' WHERE code_lot = '", code, "' RETURNING 1"));
  }

  // "type severity occurrences" of the open alerts of a lot.
  std::string Open(const std::string& code) {
    return Sql(absl::StrCat("SELECT coalesce(string_agg(o.alert_type || ' ' || a.severite || ' ' || o.occurrences, ', ' ORDER BY o.alert_type), '') FROM alert_open o "
                            "JOIN alertes_euralis a ON a.id = o.alert_id AND a.time = o.time WHERE o.object_key = 'lot:", code, "'"));
  }

  int Look(absl::Time now, bool settled = true) {
    const auto changes = watch_->Look(now, settled);
    EXPECT_TRUE(changes.ok()) << changes.status();
    return changes.ok() ? *changes : -1;
  }

  std::unique_ptr<MealWatch> watch_, other_watch_;
};

TEST_F(MealWatchContract, MealThatDoesNotComeIsMissedThenTheLotIsSilent) {
  Lot("LL2602003", 0, "matin", "2026-02-03 07:00+00");
  EXPECT_EQ(Look(At(4, 0, 59)), 0);
  EXPECT_EQ(Look(At(4, 1, 1)), 2);
  EXPECT_EQ(Open("LL2602003"), "repas_manquant warning 1, silence warning 1") << "18 hours were over at 01:00";
  EXPECT_EQ(Look(At(4, 1, 2)), 0) << "told once";
  EXPECT_EQ(Look(At(4, 13, 1)), 2) << "30 hours: a critical silence takes the place of the first";
  EXPECT_EQ(Open("LL2602003"), "repas_manquant warning 2, silence critique 1") << "and the morning of day 1 is missed too";
  EXPECT_EQ(Sql("SELECT close_reason FROM alertes_euralis WHERE type_alerte = 'silence' AND closed_at IS NOT NULL"), "escalated");
  EXPECT_EQ(Sql("SELECT message FROM alertes_euralis WHERE type_alerte = 'repas_manquant'"), "Repas du soir du jour 0 manquant");
  EXPECT_EQ(Sql("SELECT count(*) FROM event_batches WHERE kind = 'alert'"), "2");
}

TEST_F(MealWatchContract, SeveralServersOpenAnAlertOnce) {
  Lot("LL2602003", 0, "matin", "2026-02-03 07:00+00");
  AtOnce(4, [this](int i) { EXPECT_TRUE((i % 2 == 0 ? watch_ : other_watch_)->Look(At(4, 2), true).ok()); });
  EXPECT_EQ(Open("LL2602003"), "repas_manquant warning 1, silence warning 1");
  EXPECT_EQ(Sql("SELECT count(*) FROM alertes_euralis"), "2");
}

TEST_F(MealWatchContract, LotsThatAreNotFedAreLeftAloneAndTheirAlertsClose) {
  Lot("LL2602003", 0, "matin", "2026-02-03 07:00+00");
  Look(At(4, 2));
  Sql("UPDATE lots_gavage SET statut = 'termine' RETURNING 1");
  EXPECT_EQ(Look(At(4, 3)), 2);
  EXPECT_EQ(Open("LL2602003"), "");
  EXPECT_EQ(Look(At(9, 0)), 0);
}

TEST_F(MealWatchContract, LotOfTheWallClockWaitsUntilTheServerHasListened) {
  Lot("LL2602003", 0, "matin", "2026-02-03 07:00+00");
  EXPECT_EQ(Look(At(5, 0), false), 0);
  EXPECT_EQ(Look(At(5, 0), true), 2);
}

TEST_F(MealWatchContract, SimulatedLotLivesOnTheClockOfItsStream) {
  Lot("LL2602004", 3, "soir", "2026-02-06 18:00+00", "simulator", "sim-a");
  Lot("LL2602001", 0, "matin", "2026-02-03 07:00+00", "simulator", "sim-a");
  Lot("LL2602002", 0, "matin", "2026-02-03 07:00+00", "simulator", "sim-b");
  EXPECT_EQ(Look(At(20, 0)), 0) << "nothing passed for them, although another lot of the stream is three days further";
  Meal("LL2602004", 4, "soir", "2026-02-07 18:00+00");
  EXPECT_EQ(Look(At(3, 0), false), 2) << "also before the wall clock is trusted";
  EXPECT_EQ(Open("LL2602001"), "repas_manquant warning 1, silence warning 1");
  EXPECT_EQ(Open("LL2602002"), "") << "another simulator has another clock";
  EXPECT_EQ(Sql("SELECT count(*) FROM alertes_euralis WHERE time = '2026-02-04 07:00+00'"), "2") << "alerts stand on that clock";
}

TEST_F(MealWatchContract, LotThatWasOpenedAndNeverFedIsSilentFromItsFirstNoonOn) {
  Sql("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, statut, debut_lot, origine) VALUES ('LL2602003', 'LL', 4, 'en_preparation', '2026-02-03', 'manual'), "
      "('LL2602004', 'LL', 4, 'en_preparation', '2026-02-03', 'simulator'), ('LL2602005', 'LL', 4, 'en_preparation', NULL, 'stream') RETURNING 1");
  EXPECT_EQ(Look(At(4, 4, 59)), 0) << "noon in Paris is 11:00 UTC";
  EXPECT_EQ(Look(At(4, 5)), 1);
  EXPECT_EQ(Open("LL2602003"), "silence warning 1");
  EXPECT_EQ(Look(At(4, 5, 1)), 0) << "told once";
  EXPECT_EQ(Look(At(4, 17)), 2) << "30 hours: a critical silence takes the place of the first";
  EXPECT_EQ(Open("LL2602003"), "silence critique 1");
  EXPECT_EQ(Sql("SELECT count(*) FROM alert_open"), "1") << "the clock of a simulated lot is that of its meals";
  Sql("UPDATE lots_gavage SET debut_lot = '2026-02-06' WHERE code_lot = 'LL2602003' RETURNING 1");
  EXPECT_EQ(Look(At(4, 18)), 1) << "its first day was put off";
  EXPECT_EQ(Open("LL2602003"), "");
}

TEST_F(MealWatchContract, LookThatTellsNothingNewWritesNothing) {
  Lot("LL2602003", 0, "matin", "2026-02-03 07:00+00");
  Look(At(4, 2));
  const auto locked = [this] { return Sql("SELECT xmax FROM lots_gavage"); };
  const std::string before = locked();
  EXPECT_EQ(Look(At(4, 3)), 0);
  EXPECT_EQ(locked(), before) << "the lot was not even locked";
  EXPECT_EQ(Look(At(4, 13, 1)), 2);
  EXPECT_NE(locked(), before);
}

TEST_F(MealWatchContract, ShelvedAlertIsLeftAlone) {
  Lot("LL2602003", 0, "matin", "2026-02-03 07:00+00");
  Look(At(4, 2));
  Sql("UPDATE alert_open SET shelved_until = '2026-02-06 00:00+00' RETURNING 1");
  EXPECT_EQ(Look(At(5, 0)), 0);
  EXPECT_EQ(Open("LL2602003"), "repas_manquant warning 1, silence warning 1");
  EXPECT_EQ(Look(At(6, 1)), 2) << "it may speak again: a critical one takes its place";
}

}  // namespace
}  // namespace egi::storage::write
