// Whole imports over a real PostgreSQL: the synthetic file always, the reference file of the specification when EGI_REFERENCE_CSV names it.
#include "server/imports/import_runner.h"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/analyse/judge.h"
#include "server/base/fake_clock.h"
#include "server/base/sha256.h"
#include "server/persist/batcher.h"
#include "server/storage/postgres/meal_committer.h"
#include "server/storage/postgres/pool.h"
#include "tests/support/test_database.h"

namespace egi::imports {
namespace {

using feeding::v1::Import;
using feeding::v1::ImportAnomaly;
using feeding::v1::ImportInfo;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

std::string FileBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

class ImportRunnerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto database = egi::testing::TestDatabase::Create();
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    auto pool = storage::Pool::Create({.url = database_->url()});
    ASSERT_TRUE(pool.ok()) << pool.status();
    pool_ = *std::move(pool);
    store_ = storage::write::NewPostgresImportStore(*pool_);
    lots_ = storage::write::NewPostgresLotStore(*pool_);
    auto meals = persist::MealBatcher::Create(
        std::make_unique<storage::PostgresMealCommitter>(
            storage::PostgresMealCommitter::Options{
                .url = database_->url(),
                .judge = [](const feeding::v1::Meal& meal, const analyse::LotState& lot) { return analyse::JudgeMeal(meal, lot); }},
            &clock_),
        {.on_committed = [](std::shared_ptr<const persist::CommittedBatch>) {}});
    ASSERT_TRUE(meals.ok());
    meals_ = *std::move(meals);
  }

  ImportRunner::Options RunnerOptions(const std::string& owner, std::function<void()> after_step) {
    ImportRunner::Options options;
    options.store = store_.get();
    options.lots = lots_.get();
    options.meals = meals_.get();
    options.clock = &clock_;
    options.log = log_.get();
    options.owner = owner;
    options.rows_at_once = 3;
    options.after_step = std::move(after_step);
    return options;
  }

  std::unique_ptr<ImportRunner> Runner(const std::string& owner = "a", std::function<void()> after_step = [] {}) {
    return std::make_unique<ImportRunner>(RunnerOptions(owner, std::move(after_step)));
  }

  int32_t Queue(const std::string& bytes, const std::string& policy = "all", bool dry_run = false) {
    ImportInfo info;
    info.set_size_bytes(static_cast<int32_t>(bytes.size()));
    Sha256 sha256;
    sha256.Add(bytes);
    info.set_sha256(sha256.Hex());
    info.set_policy(policy);
    info.set_dry_run(dry_run);
    info.set_imported_by("user:7");
    const auto import = store_->Create(info, bytes, clock_.Now());
    EXPECT_TRUE(import.ok()) << import.status();
    return import.ok() ? import->import_id() : 0;
  }

  // Queues and carries to the end.
  Import Done(const std::string& bytes, const std::string& policy = "all", bool dry_run = false) {
    const int32_t id = Queue(bytes, policy, dry_run);
    const auto ran = Runner()->RunOne();
    EXPECT_TRUE(ran.ok()) << ran.status();
    return Find(id);
  }

  Import Find(int32_t id) {
    const auto import = store_->Find(id);
    EXPECT_TRUE(import.ok()) << import.status();
    return import.value_or(Import());
  }

  std::vector<std::string> Errors(int32_t id) {
    const auto page = store_->ListAnomalies({.import_id = id, .kind = "", .severity = "error"});
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> errors;
    for (const auto& [ordinal, anomaly] : *page) errors.push_back(absl::StrCat(anomaly.row(), "/", anomaly.column(), "/", anomaly.kind()));
    return errors;
  }

  std::string Sql(const std::string& sql) { return database_->Ask(sql); }

  // Everything an import may change, as one text.
  std::string State() {
    return Sql("SELECT md5(string_agg(l::text, '|' ORDER BY code_lot)) FROM lots_gavage l") + "/" +
           Sql("SELECT md5(string_agg(d::text, '|' ORDER BY code_lot, jour, moment)) FROM doses_journalieres d") + "/" +
           Sql("SELECT md5(string_agg(c::text, '|' ORDER BY gaveur_id)) FROM (SELECT gaveur_id, nom_complet, commune, email FROM gaveurs_contact) c") + "/" +
           Sql("SELECT count(*) FROM gavage_meal_corrections") + "/" + Sql("SELECT count(*) FROM alertes_euralis") + "/" +
           Sql("SELECT count(*) FROM gaveurs_euralis");
  }

  const std::string synthetic_ = FileBytes("data/lots_gavage_synthetic.csv");
  FakeClock clock_{absl::FromUnixSeconds(1770109200)};
  const std::unique_ptr<telemetry::Log> log_ = telemetry::Log::ToStderr();
  std::unique_ptr<egi::testing::TestDatabase> database_;
  std::unique_ptr<storage::Pool> pool_;
  std::unique_ptr<storage::write::ImportStore> store_;
  std::unique_ptr<storage::write::LotStore> lots_;
  std::unique_ptr<persist::MealBatcher> meals_;
};

// The bytes with one cell changed; `row` 1 is the header.
std::string WithCell(const std::string& bytes, int row, const std::string& column, const std::string& cell) {
  std::vector<std::string> lines = absl::StrSplit(bytes, '\n');
  const std::vector<std::string> header = absl::StrSplit(lines[0], ';');
  std::vector<std::string> cells = absl::StrSplit(lines[static_cast<size_t>(row) - 1], ';');
  cells[static_cast<size_t>(std::find(header.begin(), header.end(), column) - header.begin())] = cell;
  lines[static_cast<size_t>(row) - 1] = absl::StrJoin(cells, ";");
  return absl::StrJoin(lines, "\n");
}

TEST_F(ImportRunnerTest, LotsAndMealsAreStoredAndAGapStaysAGap) {
  const Import import = Done(synthetic_);
  EXPECT_EQ(import.state(), "done") << import.error();
  EXPECT_EQ(import.rows_total(), 12);
  EXPECT_EQ(import.rows_done(), 12);
  EXPECT_EQ(import.lots_created(), 12);
  EXPECT_EQ(import.meals_saved(), 243);
  EXPECT_EQ(import.gaveurs_created(), 11);
  EXPECT_EQ(Sql("SELECT count(*) FROM doses_journalieres"), "243");
  EXPECT_EQ(Sql("SELECT count(*) FROM lots_gavage WHERE origine = 'import' AND statut = 'termine' AND total_corn_target > 0"), "12");
  EXPECT_EQ(Sql("SELECT string_agg(repas::text, ',' ORDER BY repas) FROM doses_journalieres d JOIN lots_gavage l ON l.id = d.lot_id "
                "WHERE d.repas > 17 AND l.code_lot = (SELECT code_lot FROM import_anomalies WHERE kind = 'gap')"),
            "18,20,21,22");
  EXPECT_EQ(Sql("SELECT count(*) FROM import_files"), "0") << "the file is forgotten when its import has ended";
}

TEST_F(ImportRunnerTest, ImportingAgainChangesNothing) {
  Done(synthetic_);
  const std::string before = State();
  const Import again = Done(synthetic_);
  EXPECT_EQ(again.state(), "done");
  EXPECT_EQ(again.lots_unchanged(), 12);
  EXPECT_EQ(again.meals_duplicate(), 243);
  EXPECT_EQ(again.lots_created() + again.lots_updated() + again.meals_saved() + again.meals_corrected() + again.gaveurs_created(), 0);
  EXPECT_EQ(State(), before);
}

// A file that a spreadsheet saved in its own way says the same.
TEST_F(ImportRunnerTest, OtherSpellingsOfTheSameValuesChangeNothing) {
  Done(synthetic_);
  const std::string before = State();
  const std::vector<std::string> lines = absl::StrSplit(synthetic_, '\n', absl::SkipEmpty());
  const std::vector<std::string> header = absl::StrSplit(lines[0], ';');
  std::string commas = lines[0] + "\n", table = absl::StrReplaceAll(lines[0], {{";", ","}}) + "\n";
  for (size_t row = 1; row < lines.size(); ++row) {
    std::vector<std::string> cells = absl::StrSplit(lines[row], ';'), plain = cells;
    for (size_t c = 0; c < cells.size(); ++c) {
      if (header[c] == "Debut_du_lot") plain[c] = absl::StrCat(cells[c].substr(6), "-", cells[c].substr(3, 2), "-", cells[c].substr(0, 2));
      if (header[c] == "ITM" || header[c] == "Sigma" || header[c] == "dPctgPerteGav" || header[c] == "Conso_Gav_Z1" || header[c] == "feedCornReal_1") {
        cells[c] = absl::StrReplaceAll(cells[c], {{".", ","}});
        if (plain[c].find('.') != std::string::npos) plain[c] += "0";
      }
    }
    absl::StrAppend(&commas, absl::StrJoin(cells, ";"), "\n");
    absl::StrAppend(&table, absl::StrJoin(plain, ","), "\n");
  }
  for (const std::string& file : {commas, table}) {
    const Import again = Done(file);
    EXPECT_EQ(again.state(), "done") << again.error();
    EXPECT_EQ(again.lots_unchanged(), 12);
    EXPECT_EQ(again.meals_duplicate(), 243);
    EXPECT_THAT(again.columns_changed(), ::testing::IsEmpty());
    EXPECT_EQ(State(), before);
  }
}

TEST_F(ImportRunnerTest, ColumnsThatChangedKnownLotsAreNamedInTheOrderOfTheFile) {
  EXPECT_THAT(Done(synthetic_).columns_changed(), ::testing::IsEmpty()) << "new lots change nothing";
  std::string file = WithCell(WithCell(synthetic_, 2, "ITM", "13.25"), 3, "feedCornReal_3", "251");
  file = WithCell(WithCell(file, 4, "Four_Alim_Gav", "Fournisseur 3"), 4, "Sigma", "0.15");
  const Import dry = Done(file, "all", true), changed = Done(file);
  for (const Import& import : {dry, changed}) {
    EXPECT_EQ(import.lots_updated(), 2);
    EXPECT_EQ(import.lots_unchanged(), 10);
    EXPECT_EQ(import.meals_corrected(), 1);
    EXPECT_THAT(import.columns_changed(), ElementsAre("feedCornReal_3", "Four_Alim_Gav", "ITM", "Sigma")) << import.dry_run();
  }
  EXPECT_EQ(Sql("SELECT source->>'Four_Alim_Gav' FROM lots_gavage WHERE code_lot = 'LL9900003'"), "Fournisseur 3");
  EXPECT_EQ(Find(changed.import_id()).columns_changed_size(), 4) << "kept with the import";
}

TEST_F(ImportRunnerTest, DryRunTellsWhatAnImportWouldDoAndKeepsNothing) {
  const Import dry = Done(synthetic_, "all", true);
  EXPECT_EQ(dry.state(), "done");
  EXPECT_EQ(dry.lots_created(), 12);
  EXPECT_EQ(dry.meals_saved(), 243);
  EXPECT_EQ(Sql("SELECT count(*) FROM lots_gavage") + Sql("SELECT count(*) FROM gaveurs_contact") + Sql("SELECT count(*) FROM doses_journalieres"), "000");
  Done(synthetic_);
  const Import changed = Done(WithCell(synthetic_, 2, "feedCornReal_3", "251"), "all", true);
  EXPECT_EQ(changed.meals_corrected(), 1);
  EXPECT_EQ(changed.meals_duplicate(), 242);
}

TEST_F(ImportRunnerTest, OneBadRowUnderPolicyAllChangesNothing) {
  const Import import = Done(WithCell(synthetic_, 5, "Nb_MEG", "many"));
  EXPECT_EQ(import.state(), "failed");
  EXPECT_THAT(import.error(), HasSubstr("1 row of 12 cannot be imported, so nothing was changed"));
  EXPECT_THAT(Errors(import.import_id()), ElementsAre("5/Nb_MEG/bad_cell"));
  EXPECT_EQ(Sql("SELECT count(*) FROM lots_gavage"), "0");
}

TEST_F(ImportRunnerTest, BadRowsAreLeftOutUnderPolicyPerRowAndComeWithTheCorrectedFile) {
  const std::string bad = WithCell(WithCell(synthetic_, 5, "Nb_MEG", "many"), 7, "Debut_du_lot", "01/02/2099");
  const Import import = Done(bad, "per_row");
  EXPECT_EQ(import.state(), "done") << import.error();
  EXPECT_EQ(import.rows_refused(), 2);
  EXPECT_EQ(import.meals_saved() + import.meals_refused(), 243);
  EXPECT_EQ(import.meals_refused(), 41) << "21 and 20";
  EXPECT_EQ(import.lots_created(), 10);
  EXPECT_EQ(import.rows_done(), 12);
  EXPECT_THAT(Errors(import.import_id()), ElementsAre("5/Nb_MEG/bad_cell", "7/Debut_du_lot/bad_cell"));
  const Import rest = Done(synthetic_, "per_row");
  EXPECT_EQ(rest.lots_created(), 2);
  EXPECT_EQ(rest.lots_unchanged(), 10);
  EXPECT_EQ(Sql("SELECT count(*) FROM doses_journalieres"), "243");
}

TEST_F(ImportRunnerTest, FileCutInTheMiddleIsImportedUpToTheCutAndCompletedByTheWholeOne) {
  const std::string cut = synthetic_.substr(0, synthetic_.size() / 2);
  const Import first = Done(cut, "per_row");
  EXPECT_EQ(first.state(), "done") << first.error();
  EXPECT_EQ(first.rows_refused(), 1) << "the row of the cut";
  EXPECT_GT(first.lots_created(), 0);
  const Import second = Done(synthetic_);
  EXPECT_EQ(second.lots_created() + first.lots_created(), 12);
  EXPECT_EQ(second.lots_updated(), 0);
  EXPECT_EQ(second.meals_saved() + first.meals_saved(), 243);
  EXPECT_EQ(second.meals_corrected(), 0);
}

TEST_F(ImportRunnerTest, StoppedImportGoesOnWhereItStopped) {
  for (const std::string policy : {"all", "per_row"}) {
    Sql("TRUNCATE lots_gavage, doses_journalieres, gavage_meals, gaveurs_euralis, imports RESTART IDENTITY CASCADE");
    const int32_t id = Queue(synthetic_, policy);
    std::unique_ptr<ImportRunner> first;
    first = Runner("a", [&] { first->Stop(); });
    EXPECT_TRUE(absl::IsCancelled(first->RunOne().status()));
    EXPECT_EQ(Find(id).state(), "running");
    EXPECT_EQ(Find(id).rows_done(), 3);
    EXPECT_EQ(Queue(synthetic_, policy), id) << "sending the file again goes on with the same import";
    int steps = 0;
    ASSERT_TRUE(Runner("b", [&] { ++steps; })->RunOne().ok());
    EXPECT_EQ(steps, 3) << "the three rows of the first step are not done again";
    const Import import = Find(id);
    EXPECT_EQ(import.state(), "done") << import.error();
    EXPECT_EQ(import.attempts(), 2);
    EXPECT_EQ(import.lots_created(), 12);
    EXPECT_EQ(import.meals_saved(), 243);
    EXPECT_EQ(import.meals_duplicate(), 0);
    EXPECT_EQ(Sql("SELECT count(*) FROM doses_journalieres"), "243");
  }
}

// A server that is killed gives nothing back: another one takes over when the lease has lapsed, and the lost one is fenced.
TEST_F(ImportRunnerTest, LapsedLeaseIsTakenOverAndTheLateServerIsFenced) {
  const int32_t id = Queue(synthetic_, "per_row");
  bool taken_over = false;
  const auto late = Runner("late", [&] {
    if (taken_over) return;
    taken_over = true;
    EXPECT_FALSE(*Runner("early")->RunOne()) << "the lease holds";
    clock_.Advance(absl::Seconds(16));
    EXPECT_TRUE(*Runner("next")->RunOne());
  });
  EXPECT_TRUE(late->RunOne().ok());
  const Import import = Find(id);
  EXPECT_EQ(import.state(), "done");
  EXPECT_EQ(import.attempts(), 2);
  EXPECT_EQ(Sql("SELECT count(*) || '/' || count(DISTINCT (code_lot, jour, moment)) FROM doses_journalieres"), "243/243");
  EXPECT_EQ(Sql("SELECT count(*) FROM gavage_meal_corrections"), "0");
}

// A step that takes longer than the lease, as the lots of a large file may.
TEST_F(ImportRunnerTest, LeaseIsRenewedWhileAStepTakesLong) {
  const int32_t id = Queue(synthetic_, "per_row");
  ImportRunner::Options options = RunnerOptions("slow", [&] {
    clock_.Advance(absl::Seconds(1));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    const std::string lapsed = absl::StrCat("SELECT lease_until < to_timestamp(", absl::ToUnixSeconds(clock_.Now()), ") FROM imports");
    while (Sql(lapsed) == "t" && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_FALSE(*Runner("early")->RunOne()) << "the lease holds";
  });
  options.lease = absl::Milliseconds(60);
  EXPECT_TRUE(ImportRunner(std::move(options)).RunOne().ok());
  EXPECT_EQ(Find(id).attempts(), 1);
  EXPECT_EQ(Find(id).state(), "done");
}

TEST_F(ImportRunnerTest, GivenUpImportKeepsItsCountersAndTellsNoRow) {
  const int32_t id = Queue(synthetic_, "per_row");
  Sql("UPDATE imports SET attempts = 4");
  const auto runner = Runner("a", [&] { Sql("ALTER TABLE lots_gavage RENAME COLUMN itm TO itm_gone"); });
  ASSERT_TRUE(runner->RunOne().ok());
  const Import import = Find(id);
  EXPECT_EQ(import.state(), "failed");
  EXPECT_EQ(import.attempts(), 5);
  EXPECT_EQ(import.rows_done(), 3);
  EXPECT_EQ(import.lots_created(), 3);
  EXPECT_THAT(import.error(), HasSubstr("given up after 5 attempts: "));
  EXPECT_THAT(import.error(), Not(HasSubstr("column"))) << "a message of the database may quote personal cells";
}

TEST_F(ImportRunnerTest, ValueThatOnlyTheDatabaseRefusesIsAnErrorOfItsRow) {
  const std::vector<std::string> lines = absl::StrSplit(synthetic_, '\n');
  const std::string code = lines[4].substr(0, 9);
  Sql(absl::StrCat("ALTER TABLE lots_gavage ADD CONSTRAINT odd CHECK (code_lot <> '", code, "')"));
  const Import all = Done(synthetic_);
  EXPECT_EQ(all.state(), "failed");
  EXPECT_EQ(all.attempts(), 1);
  EXPECT_THAT(all.error(), HasSubstr("nothing was changed"));
  EXPECT_EQ(Sql("SELECT count(*) FROM lots_gavage"), "0");
  const Import dry = Done(synthetic_, "per_row", true), each = Done(synthetic_, "per_row");
  for (const Import& import : {dry, each}) {
    EXPECT_EQ(import.state(), "done") << import.error();
    EXPECT_EQ(import.lots_created(), 11);
    EXPECT_EQ(import.rows_refused(), 1);
    EXPECT_EQ(import.meals_saved() + import.meals_refused(), 243);
    EXPECT_THAT(Errors(import.import_id()), ElementsAre("5//bad_row"));
    EXPECT_EQ(absl::StrCat(import.anomalies()), Sql(absl::StrCat("SELECT count(*) FROM import_anomalies WHERE import_id = ", import.import_id())));
  }
}

TEST_F(ImportRunnerTest, RefusedMealsAreToldOnceAndTheImportDoesNotLookClean) {
  const int32_t id = Queue(synthetic_);
  const std::vector<std::string> lines = absl::StrSplit(synthetic_, '\n');
  const std::string code = lines[4].substr(0, 9);
  int steps = 0;
  std::unique_ptr<ImportRunner> first;
  first = Runner("a", [&] {
    if (++steps == 1) Sql(absl::StrCat("UPDATE lots_gavage SET statut = 'annule' WHERE code_lot = '", code, "'"));
    if (steps == 2) first->Stop();
  });
  EXPECT_TRUE(absl::IsCancelled(first->RunOne().status()));
  EXPECT_EQ(Find(id).rows_refused(), 1);
  const std::string told = Sql("SELECT count(*) || '/' || count(DISTINCT repas) FROM import_anomalies WHERE severity = 'error' AND row_number = 5");
  EXPECT_THAT(told, Not(HasSubstr("0/")));
  ASSERT_TRUE(Runner("b")->RunOne().ok());
  EXPECT_EQ(Sql("SELECT count(*) || '/' || count(DISTINCT repas) FROM import_anomalies WHERE severity = 'error' AND row_number = 5"), told);
  const Import import = Find(id);
  EXPECT_EQ(import.state(), "failed");
  EXPECT_THAT(import.error(), HasSubstr("1 row of 12 lacks meals"));
  EXPECT_EQ(import.rows_refused(), 1);
  EXPECT_EQ(import.meals_refused(), 21);
  EXPECT_EQ(absl::StrCat(import.anomalies()), Sql("SELECT count(*) FROM import_anomalies"));
  EXPECT_EQ(import.rows_done(), 12);
  EXPECT_EQ(Sql(absl::StrCat("SELECT count(*) FROM doses_journalieres WHERE code_lot = '", code, "'")), "0");
}

TEST(AssessTest, ErrorsAreKeptWhenThereAreTooManyAnomalies) {
  Assessment assessment;
  for (int i = 0; i < static_cast<int>(kMostAnomalies) + 1; ++i) {
    assessment.anomalies.emplace_back().set_row(i / 10);
    assessment.anomalies.back().set_severity("info");
  }
  assessment.anomalies.emplace_back().set_row(5000);
  assessment.anomalies.back().set_severity("error");
  TakeOut({}, 0, &assessment);
  ASSERT_EQ(assessment.anomalies.size(), kMostAnomalies);
  EXPECT_EQ(assessment.anomalies.front().row(), 0);
  EXPECT_EQ(assessment.anomalies.back().severity(), "error");
}

// A meal of an unknown lot names a feeder in a transaction that is still open.
TEST_F(ImportRunnerTest, ImportDoesNotWaitForTransactionsThatNumberFeeders) {
  pqxx::connection other(database_->url());
  pqxx::work meal(other);
  meal.exec("INSERT INTO gaveurs_euralis (id, nom) VALUES (5000, 'Gaveur 5000')");
  EXPECT_EQ(Done(synthetic_).state(), "done");
  meal.commit();
}

TEST_F(ImportRunnerTest, LotsThatContradictWhatIsStoredAreConflicts) {
  Done(synthetic_);
  const std::string codes = Sql("SELECT string_agg(code_lot, ',') FROM (SELECT code_lot FROM lots_gavage ORDER BY code_lot LIMIT 2) l");
  const std::vector<std::string> two = absl::StrSplit(codes, ',');
  Sql(absl::StrCat("UPDATE lots_gavage SET statut = 'annule' WHERE code_lot = '", two[0], "'"));
  Sql(absl::StrCat("UPDATE lots_gavage SET origine = 'manual', gaveur_id = (SELECT max(id) FROM gaveurs_euralis) WHERE code_lot = '", two[1], "'"));
  const std::string before = State();
  const Import all = Done(synthetic_);
  EXPECT_EQ(all.state(), "failed");
  EXPECT_EQ(all.rows_refused(), 2);
  EXPECT_EQ(State(), before);
  const Import each = Done(synthetic_, "per_row");
  EXPECT_EQ(each.state(), "done") << each.error();
  EXPECT_EQ(each.lots_unchanged(), 10);
  EXPECT_EQ(each.meals_duplicate() + each.meals_refused(), 243);
  EXPECT_EQ(State(), before);
  EXPECT_THAT(Sql(absl::StrCat("SELECT message FROM import_anomalies WHERE import_id = ", each.import_id(), " AND code_lot = '", two[0],
                               "' AND severity = 'error'")),
              HasSubstr("cancelled"));
}

TEST_F(ImportRunnerTest, FeederKnownByNumberOnlyIsTheOneTheFileNames) {
  const std::vector<std::string> lines = absl::StrSplit(synthetic_, '\n');
  const std::string code = lines[1].substr(0, 9);
  Sql("INSERT INTO gaveurs_euralis (id, nom) VALUES (40, 'Gaveur 40')");
  Sql(absl::StrCat("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, origine) VALUES ('", code, "', left('", code, "', 2), 40, 'stream')"));
  const Import import = Done(synthetic_);
  EXPECT_EQ(import.state(), "done") << import.error();
  EXPECT_EQ(import.gaveurs_created(), 10);
  EXPECT_EQ(Sql(absl::StrCat("SELECT gaveur_id FROM lots_gavage WHERE code_lot = '", code, "'")), "40");
  EXPECT_EQ(Sql("SELECT count(*) FROM gaveurs_contact WHERE gaveur_id = 40"), "1");
}

TEST_F(ImportRunnerTest, LotOfAFeederWithAnOwnAccountIsAConflictUnderAnyName) {
  const std::vector<std::string> lines = absl::StrSplit(synthetic_, '\n');
  const std::string code = lines[1].substr(0, 9);
  Sql("INSERT INTO gaveurs_euralis (id, nom) VALUES (40, 'Gaveur 40')");
  Sql("INSERT INTO accounts (email, role, gaveur_id, password_hash, created_at) VALUES ('a@b.example', 'gaveur', 40, '$argon2id$x', now())");
  Sql(absl::StrCat("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, origine) VALUES ('", code, "', left('", code, "', 2), 40, 'stream')"));
  EXPECT_EQ(Done(synthetic_).state(), "failed");
  EXPECT_THAT(Sql("SELECT string_agg(message, ' ') FROM import_anomalies WHERE severity = 'error'"), HasSubstr("fed by another feeder"));
  EXPECT_EQ(Sql("SELECT count(*) FROM gaveurs_contact"), "0");
}

TEST_F(ImportRunnerTest, ChangedLotsStandInTheHistoryWithWhoImported) {
  Done(synthetic_);
  const Import changed = Done(WithCell(synthetic_, 2, "ITM", "13.25"));
  EXPECT_EQ(changed.lots_updated(), 1);
  EXPECT_EQ(Sql("SELECT changed_by || '/' || transition FROM lots_gavage_history ORDER BY id DESC LIMIT 1"), "user:7/import");
  EXPECT_THAT(Sql(absl::StrCat("SELECT expected FROM import_anomalies WHERE import_id = ", changed.import_id(), " AND column_name = 'ITM_cut'")), "B");
}

TEST_F(ImportRunnerTest, PersonalCellsStandInTheRestrictedTablesOnly) {
  const std::string secret = "Zephyrine Quux";
  Done(WithCell(WithCell(synthetic_, 2, "NomUsage", secret), 3, "Eleveur", secret));
  Done(WithCell(WithCell(synthetic_, 2, "Gaveur", ""), 3, "Telephone1", secret), "per_row");
  for (const std::string table : {"lots_gavage", "imports", "import_anomalies", "doses_journalieres", "gaveurs_euralis", "lots_gavage_history", "alertes_euralis"}) {
    EXPECT_EQ(Sql(absl::StrCat("SELECT count(*) FROM ", table, " t WHERE t::text LIKE '%Zephyrine%'")), "0") << table;
  }
  EXPECT_EQ(Sql("SELECT count(*) FROM gaveurs_contact t WHERE t::text LIKE '%Zephyrine%'"), "2") << "the two that columns of the contact name";
  EXPECT_EQ(Sql("SELECT count(*) FROM eleveurs_contact WHERE nom = 'Zephyrine Quux'"), "1");
}

TEST_F(ImportRunnerTest, UnreadableFileFailsWithItsReason) {
  const Import import = Done("one;two\n1;2\n");
  EXPECT_EQ(import.state(), "failed");
  EXPECT_THAT(import.error(), HasSubstr("column CodeLot is missing"));
  EXPECT_EQ(import.phase(), "finished");
}

// domain.md section 15.4, through the whole way.
TEST_F(ImportRunnerTest, ReferenceFileGivesTheFiguresOfTheSpecification) {
  const char* path = std::getenv("EGI_REFERENCE_CSV");
  if (path == nullptr || *path == '\0') GTEST_SKIP() << "EGI_REFERENCE_CSV does not name the reference file";
  const std::string bytes = FileBytes(path);
  const Import import = Done(bytes);
  ASSERT_EQ(import.state(), "done") << import.error();
  EXPECT_EQ(import.lots_created(), 75);
  EXPECT_EQ(import.gaveurs_created(), 65);
  EXPECT_EQ(import.meals_saved(), 1513);
  EXPECT_EQ(import.anomalies(), 86);
  constexpr char kFigures[] =
      "SELECT string_agg(concat_ws(' ', site, n, placed, hung, corn, liver, itm, loss), '; ' ORDER BY site NULLS LAST) FROM ("
      "SELECT site_code AS site, count(*) AS n, sum(nb_canards_meg) AS placed, sum(nb_canards_accroches) AS hung, "
      "round(sum(nb_canards_meg * total_corn_real / 1000)::numeric) AS corn, round(sum(nb_canards_accroches * total_corn_real / 1000 / itm)::numeric, 1) AS liver, "
      "round((sum(nb_canards_accroches * total_corn_real / 1000) / sum(nb_canards_accroches * total_corn_real / 1000 / itm))::numeric, 3) AS itm, "
      "round(100 * (1 - sum(nb_canards_accroches)::numeric / sum(nb_canards_meg)), 3) AS loss FROM lots_gavage GROUP BY ROLLUP (site_code)) f";
  EXPECT_EQ(Sql(kFigures),
            "LL 11 11873 11636 91668 5900.4 15.223 1.996; LS 32 35112 34684 264738 17369.3 15.052 1.219; "
            "MT 32 31231 30059 252384 16667.2 14.569 3.753; 75 78216 76379 608790 39936.9 14.876 2.349");
  EXPECT_EQ(Sql("SELECT round(avg(itm)::numeric, 2) || ' ' || round(avg(sigma)::numeric, 3) || ' ' || count(sigma) FROM lots_gavage"), "14.97 0.160 51");
  EXPECT_EQ(Sql("SELECT count(*) || ' ' || count(dose_theorique) FROM doses_journalieres WHERE dose_reelle > 0"), "1513 1513");
  EXPECT_EQ(Sql("SELECT string_agg(code_lot || '/' || last - n, ' ' ORDER BY code_lot) FROM (SELECT code_lot, max(repas) AS last, count(*) AS n "
                "FROM doses_journalieres GROUP BY code_lot HAVING max(repas) > count(*)) g"),
            "LL4801764/1 LS4801503/1 LS4801806/1 MT4901210/1");
  EXPECT_EQ(Sql("SELECT string_agg(kind || ' ' || n, ', ' ORDER BY kind) FROM (SELECT kind, count(*) AS n FROM import_anomalies GROUP BY kind) k"),
            "empty_after_gap 10, first_variation 56, gap 4, high_loss 1, inconsistent_count 5, same_meaning 4, unusual_dose 6");
  const std::string before = State();
  const Import again = Done(bytes);
  EXPECT_EQ(again.lots_unchanged(), 75);
  EXPECT_THAT(again.columns_changed(), ::testing::IsEmpty());
  EXPECT_EQ(again.meals_duplicate(), 1513);
  EXPECT_EQ(State(), before);
}

}  // namespace
}  // namespace egi::imports
