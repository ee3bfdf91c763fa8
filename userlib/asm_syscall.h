// Assembly call sites of known shape for the cases that test call-site rewriting. x86-64 only.
#pragma once

#include "sys.h"

// Numbers as assembler constants (asm/unistd_64.h), so that the immediate is part of the site.
#define NR_GETPID "39"
#define NR_GETPPID "110"

// Every call is made this often: the first executions trap and rewrite the site, the later ones run the rewritten code.
enum { kSiteRounds = 200 };
