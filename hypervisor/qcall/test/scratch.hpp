// A directory that disappears with the object, and file helpers in it.
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace baryon::host::test {

class Scratch {
 public:
  Scratch() {
    char name[] = "/tmp/baryon-test-XXXXXX";
    if (::mkdtemp(name) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string at(std::string_view name) const { return path_ + "/" + std::string(name); }

  void file(std::string_view name, std::string_view content, mode_t mode = 0644) const {
    const int descriptor = ::open(at(name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (descriptor < 0 || ::write(descriptor, content.data(), content.size()) != static_cast<ssize_t>(content.size()))
      throw std::runtime_error("cannot write " + at(name));
    ::close(descriptor);
  }
  void directory(std::string_view name) const {
    if (::mkdir(at(name).c_str(), 0755) != 0) throw std::runtime_error("cannot make " + at(name));
  }
  void symlink(std::string_view target, std::string_view name) const {
    if (::symlink(std::string(target).c_str(), at(name).c_str()) != 0)
      throw std::runtime_error("cannot link " + at(name));
  }
  [[nodiscard]] bool exists(std::string_view name) const { return ::access(at(name).c_str(), F_OK) == 0; }
  [[nodiscard]] std::string content(std::string_view name) const {
    const int descriptor = ::open(at(name).c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) throw std::runtime_error("cannot open " + at(name));
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = ::read(descriptor, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(n));
    ::close(descriptor);
    return text;
  }

 private:
  std::string path_;
};

}  // namespace baryon::host::test
