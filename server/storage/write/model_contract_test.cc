// What the registry of models promises (model_store.h): versions that never change, exactly one of a name active.
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/storage/write/model_store.h"
#include "server/storage/write/write_contract.h"

namespace egi::storage::write {
namespace {

using quality::v1::Model;
using ::testing::ElementsAre;

class ModelContract : public WriteContract {
 protected:
  void SetUp() override {
    WriteContract::SetUp();
    if (HasFatalFailure()) return;
    models_ = NewPostgresModelStore(*pool_);
    elsewhere_ = NewPostgresModelStore(*other_);
  }

  static Model Version(const std::string& version, const std::string& name = kName, char digest = 'a') {
    Model model;
    model.set_model_name(name);
    model.set_model_type("CNN");
    model.set_version(version);
    model.set_framework("dlib");
    model.set_file_path("grade.json");
    model.set_sha256(std::string(64, digest));
    model.mutable_accuracy()->set_value(0.9123);
    model.mutable_training_date()->set_seconds(1'770'000'000);
    model.set_registered_by("egi-server");
    return model;
  }

  int Register(const std::string& version, const std::string& name = kName) {
    const auto model = models_->Register(Version(version, name), "content " + version, now_);
    EXPECT_TRUE(model.ok()) << model.status();
    return model.ok() ? model->model_id() : 0;
  }

  std::string Active(const std::string& name = kName) {
    const auto model = models_->FindActive(name);
    return model.ok() ? model->version() : model.status().ToString();
  }
  std::string CountActive() { return Sql("SELECT count(*) FROM sqal_ml_models WHERE is_active"); }

  static constexpr char kName[] = "cnn_quality_model";
  std::unique_ptr<ModelStore> models_;
  std::unique_ptr<ModelStore> elsewhere_;  // of another server
};

TEST_F(ModelContract, FirstVersionOfANameIsActiveAndLaterOnesWait) {
  EXPECT_EQ(models_->FindActive(kName).status().code(), absl::StatusCode::kNotFound);
  const int first = Register("1.0.0");
  Register("1.1.0");
  Register("0.9.0", "defect_detection");
  EXPECT_EQ(Active(), "1.0.0");
  EXPECT_EQ(Active("defect_detection"), "0.9.0");
  EXPECT_EQ(*models_->ReadContent(first), "content 1.0.0");
  EXPECT_DOUBLE_EQ(models_->Find(first)->accuracy().value(), 0.9123);
}

TEST_F(ModelContract, AVersionNeverChanges) {
  const int id = Register("1.0.0");
  EXPECT_EQ(Register("1.0.0"), id) << "the same content again";
  const auto changed = models_->Register(Version("1.0.0", kName, 'b'), "other content", now_);
  EXPECT_EQ(changed.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(*models_->ReadContent(id), "content 1.0.0");
}

TEST_F(ModelContract, ActivationMovesTheOneActiveVersion) {
  Register("1.0.0");
  const int second = Register("1.1.0");
  const auto active = models_->Activate(second, "marie", now_);
  ASSERT_TRUE(active.ok()) << active.status();
  EXPECT_TRUE(active->is_active());
  EXPECT_EQ(active->activated_by().value(), "marie");
  EXPECT_EQ(Active(), "1.1.0");
  EXPECT_EQ(CountActive(), "1");
  ASSERT_TRUE(models_->Activate(second, "jean", now_).ok());
  EXPECT_EQ(models_->Find(second)->activated_by().value(), "marie") << "it was active already";
}

TEST_F(ModelContract, TwoServersThatActivateAtOnceLeaveExactlyOneActive) {
  std::vector<int> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(Register(absl::StrCat(i)));
  AtOnce(4, [&](int i) {
    for (int round = 0; round < 5; ++round) {
      const auto active = (i % 2 == 0 ? *models_ : *elsewhere_).Activate(ids[(i + round) % 4], "marie", now_);
      EXPECT_TRUE(active.ok()) << active.status();
    }
  });
  EXPECT_EQ(CountActive(), "1");
}

TEST_F(ModelContract, TwoServersThatRegisterAtOnceStoreOneVersion) {
  AtOnce(4, [&](int i) {
    const auto model = (i % 2 == 0 ? *models_ : *elsewhere_).Register(Version("1.0.0"), "content", now_);
    EXPECT_TRUE(model.ok()) << model.status();
  });
  EXPECT_EQ(Sql("SELECT count(*) FROM sqal_ml_models"), "1");
  EXPECT_EQ(CountActive(), "1");
}

TEST_F(ModelContract, DatabaseAllowsNeitherTwoActiveVersionsNorNone) {
  Register("1.0.0");
  Register("1.1.0");
  EXPECT_EQ(Refusal("UPDATE sqal_ml_models SET is_active = true, activated_by = 'x', activated_at = now()"), kUniqueViolation);
  EXPECT_EQ(Refusal("UPDATE sqal_ml_models SET is_active = false"), kCheckViolation);
  EXPECT_EQ(Refusal("DELETE FROM sqal_ml_models WHERE is_active"), kCheckViolation);
  EXPECT_EQ(Active(), "1.0.0");
}

TEST_F(ModelContract, PagesGoByNameAndFromTheNewestVersion) {
  Register("1.0.0");
  Register("1.1.0");
  Register("0.9.0", "defect_detection");
  std::vector<std::string> seen;
  ModelQuery query;
  query.limit = 1;
  for (auto page = models_->List(query); page.ok() && !page->empty(); page = models_->List(query)) {
    seen.push_back(page->front().version());
    query.after_name = page->front().model_name();
    query.after_id = page->front().model_id();
    ASSERT_LT(seen.size(), 5u);
  }
  EXPECT_THAT(seen, ElementsAre("1.1.0", "1.0.0", "0.9.0"));
}

TEST_F(ModelContract, UnknownModelIsNotFound) {
  EXPECT_EQ(models_->Find(1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(models_->ReadContent(1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(models_->Activate(1, "marie", now_).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace egi::storage::write
