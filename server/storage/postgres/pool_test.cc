#include "server/storage/postgres/pool.h"

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/test_database.h"

namespace egi::storage {
namespace {

class PoolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto database = testing::TestDatabase::Create();
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    database_->Ask("CREATE TABLE kept (caller text)");
  }

  std::unique_ptr<testing::TestDatabase> database_;
};

// One connection for all callers: whoever gets it next must find no transaction of the caller before.
TEST_F(PoolTest, RefusedCallIsRolledBackBeforeTheNextCallerGetsItsConnection) {
  Pool::Options options;
  options.url = database_->url();
  options.max_connections = 1;
  auto pool = Pool::Create(options);
  ASSERT_TRUE(pool.ok()) << pool.status();
  constexpr int kCallers = 6, kCalls = 300;
  std::vector<absl::Status> failures(kCallers);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      const bool refuses = caller % 2 == 0;
      for (int call = 0; call < kCalls; ++call) {
        const absl::Status status = (*pool)->Write([&](pqxx::transaction_base& transaction) {
          transaction.exec(absl::StrCat("INSERT INTO kept VALUES ('", refuses ? "refused" : "good", "')"));
          return refuses ? absl::FailedPreconditionError("refused") : absl::OkStatus();
        });
        if (status.code() != (refuses ? absl::StatusCode::kFailedPrecondition : absl::StatusCode::kOk)) failures[caller] = status;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (const absl::Status& failure : failures) EXPECT_TRUE(failure.ok()) << failure;
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM kept WHERE caller = 'refused'"), "0");
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM kept WHERE caller = 'good'"), absl::StrCat(kCallers / 2 * kCalls));
}

}  // namespace
}  // namespace egi::storage
