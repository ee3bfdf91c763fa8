// A program on its way into a process: its file, arguments and environment, with scripts resolved to their
// interpreters.
#pragma once

#include "kernel/base/string.hpp"
#include "kernel/syscall/argument_strings.hpp"
#include "kernel/syscall/program_file.hpp"

namespace baryon::syscall {

struct ProgramImage {
  Ref<FileSource> file;
  String path;  // as the program shall see it (AT_EXECFN)
  ArgumentStrings arguments, environment;
};

// "#!interpreter [argument]": the image becomes the interpreter with the script as its argument, as often as that
// takes. Errors: noexec (a line without an interpreter), loop, those of opening the interpreter.
Result<void> follow_scripts(ProgramImage& image, const fs::Place& place, const sched::Credentials& who);

}  // namespace baryon::syscall
