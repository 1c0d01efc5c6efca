#include "tests/support/test_database.h"

#include <postgresql/libpq-fe.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <pqxx/pqxx>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace egi::testing {
namespace {

constexpr char kBin[] = "/usr/lib/postgresql/15/bin";

int Shell(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// PostgreSQL refuses to be root.
std::string AsPostgres() { return geteuid() == 0 ? "runuser -u postgres -- " : ""; }

// A PostgreSQL of this process alone, reachable by a socket in its folder.
class Cluster {
 public:
  static absl::StatusOr<std::unique_ptr<Cluster>> Start() {
    char dir[] = "/tmp/egi-pg.XXXXXX";
    if (mkdtemp(dir) == nullptr) return absl::InternalError("cannot make a folder in /tmp");
    const std::string as = AsPostgres();
    std::string script = absl::StrCat("cd ", dir, " && ");
    if (!as.empty()) absl::StrAppend(&script, "chown postgres:postgres ", dir, " && ");
    absl::StrAppend(&script, as, kBin, "/initdb -D ", dir, "/data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-instructions >/dev/null && ",
                    as, kBin, "/pg_ctl -D ", dir, "/data -s -w -t 60 -l ", dir, "/log -o \"-c listen_addresses='' -c unix_socket_directories='",
                    dir, "' -c max_connections=60\" start");
    std::unique_ptr<Cluster> cluster(new Cluster(dir));
    if (Shell(script) != 0) {
      return absl::UnavailableError("no PostgreSQL to test on: install postgresql-15 or set EGI_TEST_DATABASE_URL");
    }
    return cluster;
  }

  ~Cluster() {
    Shell(absl::StrCat("cd ", dir_, " && ", AsPostgres(), kBin, "/pg_ctl -D ", dir_, "/data -s -m immediate -w stop; cd / && rm -rf ", dir_));
  }

  std::string url() const { return absl::StrCat("host=", dir_, " user=postgres dbname=postgres"); }

 private:
  explicit Cluster(std::string dir) : dir_(std::move(dir)) {}
  const std::string dir_;
};

// `url` with another database name.
absl::StatusOr<std::string> WithDatabase(const std::string& url, const std::string& name) {
  char* error = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &error);
  if (options == nullptr) {
    PQfreemem(error);
    return absl::InvalidArgumentError("EGI_TEST_DATABASE_URL is no connection string of PostgreSQL");
  }
  std::string result = absl::StrCat("dbname=", name);
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
    if (option->val == nullptr || std::string(option->keyword) == "dbname") continue;
    absl::StrAppend(&result, " ", option->keyword, "='", absl::StrReplaceAll(option->val, {{"\\", "\\\\"}, {"'", "\\'"}}), "'");
  }
  PQconninfoFree(options);
  return result;
}

std::string RandomName(const std::string& prefix) {
  std::random_device random;
  return absl::StrCat(prefix, absl::Hex(random(), absl::kZeroPad8), absl::Hex(random(), absl::kZeroPad8));
}

void Admin(const std::string& url, const std::string& sql) {
  pqxx::connection connection(url);
  pqxx::nontransaction transaction(connection);
  transaction.exec(sql);
}

// The server and a migrated database from which others are copied; made once a process.
struct Server {
  absl::Status status;
  std::unique_ptr<Cluster> cluster;
  std::string url;
  std::string model;

  Server() { status = Open(); }
  ~Server() {
    if (cluster == nullptr && !model.empty()) {
      try {
        Admin(url, absl::StrCat("DROP DATABASE IF EXISTS ", model));
      } catch (const std::exception&) {
        // The server is gone: nothing is left to drop.
      }
    }
  }

  absl::Status Open() {
    const char* given = std::getenv("EGI_TEST_DATABASE_URL");
    if (given != nullptr && *given != '\0') {
      url = given;
    } else {
      auto started = Cluster::Start();
      if (!started.ok()) return started.status();
      cluster = *std::move(started);
      url = cluster->url();
    }
    try {
      const std::string name = RandomName("egi_model_");
      Admin(url, absl::StrCat("CREATE DATABASE ", name));
      model = name;
    } catch (const std::exception& error) {
      return absl::UnavailableError(absl::StrCat("the test database server does not answer: ", error.what()));
    }
    auto model_url = WithDatabase(url, model);
    if (!model_url.ok()) return model_url.status();
    const char* migrate = std::getenv("EGI_MIGRATE");
    setenv("EGI_DATABASE_URL", model_url->c_str(), 1);
    const int code = Shell(absl::StrCat(migrate == nullptr ? "sql/egi-migrate" : migrate, " --quiet"));
    unsetenv("EGI_DATABASE_URL");
    if (code != 0) return absl::InternalError("egi-migrate failed; its messages are above");
    try {
      // TimescaleDB's background workers visit every database, and one that is visited cannot be copied.
      Admin(url, absl::StrCat("ALTER DATABASE ", model, " WITH ALLOW_CONNECTIONS false"));
      Admin(url, absl::StrCat("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '", model, "'"));
    } catch (const std::exception& error) {
      return absl::UnavailableError(absl::StrCat("cannot close the model database: ", error.what()));
    }
    return absl::OkStatus();
  }
};

Server& TheServer() {
  static Server server;
  return server;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TestDatabase>> TestDatabase::Create() {
  Server& server = TheServer();
  if (!server.status.ok()) return server.status;
  const std::string name = RandomName("egi_test_");
  try {
    Admin(server.url, absl::StrCat("CREATE DATABASE ", name, " TEMPLATE ", server.model));
  } catch (const std::exception& error) {
    return absl::UnavailableError(absl::StrCat("cannot make a test database: ", error.what()));
  }
  auto url = WithDatabase(server.url, name);
  if (!url.ok()) return url.status();
  return std::unique_ptr<TestDatabase>(new TestDatabase(name, *url));
}

TestDatabase::~TestDatabase() {
  try {
    Admin(TheServer().url, absl::StrCat("DROP DATABASE IF EXISTS ", name_, " WITH (FORCE)"));
  } catch (const std::exception&) {
    // The server is gone, and the database with it.
  }
}

std::string TestDatabase::Ask(const std::string& sql) const {
  pqxx::connection connection(url_);
  pqxx::nontransaction transaction(connection);
  const pqxx::result rows = transaction.exec(sql);
  return rows.empty() || rows[0][0].is_null() ? "" : rows[0][0].as<std::string>();
}

}  // namespace egi::testing
