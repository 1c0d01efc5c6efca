// A fresh PostgreSQL database for a test.
#ifndef EGI_TESTS_SUPPORT_TEST_DATABASE_H_
#define EGI_TESTS_SUPPORT_TEST_DATABASE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace egi::testing {

// A database with the schema of this build, dropped by the destructor. It lives on the server of EGI_TEST_DATABASE_URL or, without
// it, on a private PostgreSQL 15 started once a process and stopped at its end.
class TestDatabase {
 public:
  // Errors when there is no PostgreSQL: a test must fail then, not skip.
  static absl::StatusOr<std::unique_ptr<TestDatabase>> Create();
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  // A libpq connection string.
  const std::string& url() const { return url_; }

  // Runs SQL and answers the first column of the first row as text, empty for NULL or no row. Throws what libpqxx throws.
  std::string Ask(const std::string& sql) const;

 private:
  TestDatabase(std::string name, std::string url) : name_(std::move(name)), url_(std::move(url)) {}

  const std::string name_;
  const std::string url_;
};

}  // namespace egi::testing

#endif  // EGI_TESTS_SUPPORT_TEST_DATABASE_H_
