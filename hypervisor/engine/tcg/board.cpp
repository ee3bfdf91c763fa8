#include "hypervisor/engine/tcg/board.hpp"

namespace baryon::host::tcg {

const Board& board_of(Arch arch) {
  static const Board x86 = x86_64::board();
  static const Board arm = aarch64::board();
  return arch == Arch::aarch64 ? arm : x86;
}

}  // namespace baryon::host::tcg
