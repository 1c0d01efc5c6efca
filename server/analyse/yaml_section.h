// A section of a YAML file that is read key by key: every fault is kept with its line and path, keys nobody read are faults.
#ifndef EGI_SERVER_ANALYSE_YAML_SECTION_H_
#define EGI_SERVER_ANALYSE_YAML_SECTION_H_

#include <initializer_list>
#include <set>
#include <string>
#include <vector>

#include "yaml-cpp/yaml.h"

namespace egi::analyse {

// Faults of a file, in the order found.
using Faults = std::vector<std::string>;

class YamlSection {
 public:
  // `node` may be undefined (an absent section) unless `mandatory`.
  YamlSection(const YAML::Node& node, std::string path, Faults* faults, bool mandatory = false);

  bool present() const { return present_; }
  const std::string& path() const { return path_; }

  // Reads a number within [low, high] into `target`, which keeps its value when the key is absent (a fault if `required`).
  void Number(const char* key, double* target, double low, double high, bool required = false);
  void Integer(const char* key, int* target, int low, int high);
  void Flag(const char* key, bool* target);
  void Text(const char* key, std::string* target);
  // The node of a key, for nested sections and lists; marks the key as known.
  YAML::Node Child(const char* key);
  YamlSection Section(const char* key, bool mandatory = false);
  // Marks keys as known without reading them: they belong to another reader of the same document.
  void Leave(std::initializer_list<const char*> keys) { known_.insert(keys.begin(), keys.end()); }
  // Keys in the order of the file; marks them all as known.
  std::vector<std::string> Keys();

  // Adds a fault at a key (or at the section).
  void Fault(const char* key, const std::string& text);
  // Reports keys that were never read. Call it last.
  void RefuseUnknownKeys();

 private:
  template <typename T>
  bool Read(const char* key, T* target, const char* expected);

  YAML::Node node_;
  std::string path_;
  Faults* faults_;
  bool present_;
  std::set<std::string> known_;
};

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_YAML_SECTION_H_
