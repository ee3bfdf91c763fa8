// Reading JSON from hostile files: a value together with the path that leads to it, so that every refusal can say
// which field it is about ("config.json: process.args[2] is not a string").
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hypervisor/support/error.hpp"

namespace baryon::host::oci {

using Json = nlohmann::json;

// Strict JSON, at most `kLongestJson` bytes. `source` names it in messages.
inline constexpr std::size_t kLongestJson = 4u << 20;
[[nodiscard]] Expected<Json> parse_json(std::string_view text, std::string_view source);

// Reads and parses a regular file.
[[nodiscard]] Expected<Json> load_json(const std::string& path);

// A borrowed value; the document outlives it. `null` counts as absent, as in Go's decoder.
class Node {
 public:
  Node(const Json& value, std::string path) : value_(&value), path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const Json& raw() const { return *value_; }

  // Member `name` of an object; nullopt when it is absent. An error when this is no object.
  [[nodiscard]] Expected<std::optional<Node>> find(std::string_view name) const;
  [[nodiscard]] Expected<Node> get(std::string_view name) const;

  [[nodiscard]] Expected<std::string> string() const;  // without NUL bytes
  [[nodiscard]] Expected<bool> boolean() const;
  [[nodiscard]] Expected<std::int64_t> integer(std::int64_t minimum, std::int64_t maximum) const;
  [[nodiscard]] Expected<std::uint64_t> natural() const;
  [[nodiscard]] Expected<std::vector<Node>> elements() const;
  [[nodiscard]] Expected<std::vector<std::string>> strings() const;
  [[nodiscard]] Expected<std::map<std::string, std::string>> string_map() const;

  // The same for members that may be absent: the given value then.
  [[nodiscard]] Expected<std::string> string_or(std::string_view name, std::string otherwise = {}) const;
  [[nodiscard]] Expected<bool> boolean_or(std::string_view name, bool otherwise) const;
  [[nodiscard]] Expected<std::vector<std::string>> strings_or_none(std::string_view name) const;
  [[nodiscard]] Expected<std::vector<Node>> elements_or_none(std::string_view name) const;
  [[nodiscard]] Expected<std::optional<std::int64_t>> integer_if(std::string_view name, std::int64_t minimum,
                                                                 std::int64_t maximum) const;

  // "<path> <what>".
  [[nodiscard]] std::unexpected<Error> refuse(std::string_view what, std::string hint = {}) const;

 private:
  const Json* value_;
  std::string path_;
};

}  // namespace baryon::host::oci
