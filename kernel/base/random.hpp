// Cryptographically strong random bytes: ChaCha20 (RFC 8439) with fast key erasure. Seeded at boot with the
// host's fresh entropy; every output replaces the key first, so that earlier output cannot be recovered.
#pragma once

#include <cstddef>

#include "kernel/base/types.hpp"

namespace baryon {

// Mixes bytes into the key. Called at boot with BootPage::entropy before anything asks for random bytes.
void random_seed(const void* seed, std::size_t length);
void random_bytes(void* out, std::size_t length);
u64 random_u64();

// One block of the ChaCha20 function, exposed for its test vector.
void chacha20_block(const u32 key[8], u32 counter, const u32 nonce[3], u32 out[16]);

}  // namespace baryon
