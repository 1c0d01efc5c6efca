// What every ProducerStore promises, asked of the fake and of PostgreSQL.
#include <functional>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/storage/fake/fake_producer_store.h"
#include "server/storage/postgres/postgres_producer_store.h"
#include "tests/support/test_database.h"

namespace egi::storage {
namespace {

using ::egi::testing::TestDatabase;

// A store and the means to advance an offset as a commit does.
struct Subject {
  std::shared_ptr<ProducerStore> store;
  std::function<void(const std::string& producer_id, int64_t last_sequence)> advance;
};

Subject MakeFake() {
  auto fake = std::make_shared<FakeProducerStore>();
  return {fake, [fake](const std::string& id, int64_t last) { fake->Advance(id, last); }};
}

Subject MakePostgres() {
  auto database = TestDatabase::Create();
  if (!database.ok()) {
    ADD_FAILURE() << database.status();
    return {};
  }
  std::shared_ptr<TestDatabase> shared = *std::move(database);
  auto pool = Pool::Create({.url = shared->url()});
  if (!pool.ok()) {
    ADD_FAILURE() << pool.status();
    return {};
  }
  std::shared_ptr<Pool> connections = *std::move(pool);
  std::shared_ptr<ProducerStore> store(new PostgresProducerStore(connections.get()),
                                       [connections, shared](ProducerStore* store) { delete store; });
  return {store, [shared](const std::string& id, int64_t last) {
            shared->Ask(absl::StrCat("UPDATE ingest_producers SET last_sequence = ", last, " WHERE producer_id = '", id, "'"));
          }};
}

class ProducerStoreContract : public ::testing::TestWithParam<Subject (*)()> {
 protected:
  void SetUp() override {
    subject_ = GetParam()();
    ASSERT_NE(subject_.store, nullptr);
  }
  Subject subject_;
};

TEST_P(ProducerStoreContract, NewProducerStartsAtZero) {
  auto offset = subject_.store->OpenProducer("p", "sample", "v1");
  ASSERT_TRUE(offset.ok()) << offset.status();
  EXPECT_EQ(offset->epoch, 1);
  EXPECT_EQ(offset->last_sequence, 0);
}

TEST_P(ProducerStoreContract, OpeningAgainRaisesTheEpochAndKeepsTheOffset) {
  ASSERT_TRUE(subject_.store->OpenProducer("p", "meal", "").ok());
  subject_.advance("p", 42);
  auto again = subject_.store->OpenProducer("p", "meal", "v2");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->epoch, 2);
  EXPECT_EQ(again->last_sequence, 42);
  EXPECT_EQ(subject_.store->OpenProducer("q", "meal", "")->epoch, 1);
}

TEST_P(ProducerStoreContract, IdOfTheOtherKindIsFailedPreconditionAndFencesNothing) {
  ASSERT_TRUE(subject_.store->OpenProducer("p", "meal", "").ok());
  EXPECT_EQ(subject_.store->OpenProducer("p", "sample", "").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(subject_.store->OpenProducer("p", "meal", "")->epoch, 2);
}

INSTANTIATE_TEST_SUITE_P(Fake, ProducerStoreContract, ::testing::Values(&MakeFake));
INSTANTIATE_TEST_SUITE_P(Postgres, ProducerStoreContract, ::testing::Values(&MakePostgres));

}  // namespace
}  // namespace egi::storage
