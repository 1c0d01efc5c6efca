// What the contract tests of the written stores share: a fresh database, two servers on it, and what the database itself refuses.
#ifndef EGI_SERVER_STORAGE_WRITE_WRITE_CONTRACT_H_
#define EGI_SERVER_STORAGE_WRITE_WRITE_CONTRACT_H_

#include <functional>
#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "server/storage/postgres/pool.h"
#include "tests/support/test_database.h"

namespace egi::storage::write {

// The devices ESP32_LL_01, ESP32_LS_01 and ESP32_MT_01 are there, active.
class WriteContract : public ::testing::Test {
 protected:
  void SetUp() override {
    auto database = egi::testing::TestDatabase::Create();
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    for (auto* pool : {&pool_, &other_}) {
      auto opened = Pool::Create({.url = database_->url()});
      ASSERT_TRUE(opened.ok()) << opened.status();
      *pool = *std::move(opened);
    }
  }

  std::string Sql(const std::string& sql) { return database_->Ask(sql); }

  // SQLSTATE of what the database answers to `sql`, empty when it obeys.
  std::string Refusal(const std::string& sql) {
    try {
      Sql(sql);
      return "";
    } catch (const pqxx::sql_error& error) {
      return error.sqlstate();
    }
  }

  // The newest page of a device.
  template <typename Query>
  static Query Newest(const std::string& device_id) {
    Query query;
    query.device_id = device_id;
    return query;
  }

  // Runs `work(0)` .. `work(count - 1)` at the same time.
  static void AtOnce(int count, const std::function<void(int)>& work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back(work, i);
    for (std::thread& thread : threads) thread.join();
  }

  static constexpr char kDevice[] = "ESP32_LL_01";
  static constexpr char kUniqueViolation[] = "23505";
  static constexpr char kCheckViolation[] = "23514";

  const absl::Time now_ = absl::FromUnixSeconds(1'770'109'200);  // 2026-02-03 09:00 UTC
  std::unique_ptr<egi::testing::TestDatabase> database_;
  std::unique_ptr<Pool> pool_;   // of one server
  std::unique_ptr<Pool> other_;  // of another
};

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_WRITE_CONTRACT_H_
