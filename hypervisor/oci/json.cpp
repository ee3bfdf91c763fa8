#include "hypervisor/oci/json.hpp"

#include <limits>

#include "hypervisor/oci/file.hpp"

namespace baryon::host::oci {

Expected<Json> parse_json(std::string_view text, std::string_view source) {
  if (text.size() > kLongestJson) return fail(std::string(source) + " is larger than 4 MiB");
  Json document = Json::parse(text.begin(), text.end(), /*callback=*/nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return fail(std::string(source) + " is not valid JSON", "check it with a JSON linter");
  return document;
}

Expected<Json> load_json(const std::string& path) {
  return parse_json(BARYON_TRY(read_file(path, kLongestJson)), path);
}

std::unexpected<Error> Node::refuse(std::string_view what, std::string hint) const {
  return fail(path_ + " " + std::string(what), std::move(hint));
}

Expected<std::optional<Node>> Node::find(std::string_view name) const {
  if (!value_->is_object()) return refuse("is not an object");
  const auto member = value_->find(name);
  if (member == value_->end() || member->is_null()) return std::nullopt;
  const bool top = path_.ends_with(':');
  return Node(*member, path_ + (top ? " " : ".") + std::string(name));
}

Expected<Node> Node::get(std::string_view name) const {
  const auto found = BARYON_TRY(find(name));
  if (!found) return refuse("has no '" + std::string(name) + "'");
  return *found;
}

Expected<std::string> Node::string() const {
  if (!value_->is_string()) return refuse("is not a string");
  auto text = value_->get<std::string>();
  if (text.find('\0') != std::string::npos) return refuse("contains a NUL character");
  return text;
}

Expected<bool> Node::boolean() const {
  if (!value_->is_boolean()) return refuse("is neither true nor false");
  return value_->get<bool>();
}

Expected<std::int64_t> Node::integer(std::int64_t minimum, std::int64_t maximum) const {
  if (!value_->is_number_integer()) return refuse("is not a whole number");
  const bool above = value_->is_number_unsigned() &&
                     value_->get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  const std::int64_t value = above ? 0 : value_->get<std::int64_t>();
  if (above || value < minimum || value > maximum)
    return refuse("is out of range", "use " + std::to_string(minimum) + " to " + std::to_string(maximum));
  return value;
}

Expected<std::uint64_t> Node::natural() const {
  if (!value_->is_number_unsigned()) return refuse("is not a whole number of at least 0");
  return value_->get<std::uint64_t>();
}

Expected<std::vector<Node>> Node::elements() const {
  if (!value_->is_array()) return refuse("is not an array");
  std::vector<Node> all;
  for (std::size_t i = 0; i < value_->size(); ++i)
    all.emplace_back((*value_)[i], path_ + "[" + std::to_string(i) + "]");
  return all;
}

Expected<std::vector<std::string>> Node::strings() const {
  std::vector<std::string> all;
  for (const Node& element : BARYON_TRY(elements())) all.push_back(BARYON_TRY(element.string()));
  return all;
}

Expected<std::map<std::string, std::string>> Node::string_map() const {
  if (!value_->is_object()) return refuse("is not an object");
  std::map<std::string, std::string> all;
  for (const auto& [key, value] : value_->items())
    all.emplace(key, BARYON_TRY(Node(value, path_ + "['" + key + "']").string()));
  return all;
}

Expected<std::string> Node::string_or(std::string_view name, std::string otherwise) const {
  const auto member = BARYON_TRY(find(name));
  if (!member) return otherwise;
  return member->string();
}

Expected<bool> Node::boolean_or(std::string_view name, bool otherwise) const {
  const auto member = BARYON_TRY(find(name));
  return member ? member->boolean() : Expected<bool>(otherwise);
}

Expected<std::vector<std::string>> Node::strings_or_none(std::string_view name) const {
  const auto member = BARYON_TRY(find(name));
  if (!member) return std::vector<std::string>();
  return member->strings();
}

Expected<std::vector<Node>> Node::elements_or_none(std::string_view name) const {
  const auto member = BARYON_TRY(find(name));
  if (!member) return std::vector<Node>();
  return member->elements();
}

Expected<std::optional<std::int64_t>> Node::integer_if(std::string_view name, std::int64_t minimum,
                                                       std::int64_t maximum) const {
  const auto member = BARYON_TRY(find(name));
  if (!member) return std::nullopt;
  return BARYON_TRY(member->integer(minimum, maximum));
}

}  // namespace baryon::host::oci
