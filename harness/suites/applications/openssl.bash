# openssl: a certificate authority, TLS between s_server and s_client, digests, ciphers, signatures, speed.
set -e
cd "$(mktemp -d)"; export RANDFILE=$PWD/rnd port=${1:-4433}
openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=An authority' -keyout ca.key -out ca.pem 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out key; openssl req -new -key key -subj /CN=localhost -out request
openssl x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -days 365 -extfile <(echo subjectAltName=DNS:localhost) -out cert 2>/dev/null; openssl verify -CAfile ca.pem cert; openssl x509 -in cert -noout -subject -issuer -ext subjectAltName
seq 1 200000 >data; for d in md5 sha1 sha256 sha512 sha3-256 blake2b512; do openssl dgst -$d data; done; openssl dgst -sha256 -hmac secret data
for c in aes-128-cbc aes-256-gcm aes-256-ctr chacha20 camellia-192-cbc des-ede3-cbc; do [ $c = aes-256-gcm ] && continue; openssl enc -$c -pbkdf2 -S 0102030405060708 -k password -in data -out data.$c; openssl dgst -sha256 data.$c; openssl enc -d -$c -pbkdf2 -S 0102030405060708 -k password -in data.$c | cmp - data; done
openssl dgst -sha256 -sign ca.key -out signature data; openssl x509 -in ca.pem -pubkey -noout >ca.pub; openssl dgst -sha256 -verify ca.pub -signature signature data; echo more >>data; openssl dgst -sha256 -verify ca.pub -signature signature data || echo "refused: $?"
openssl rand 1000 | wc -c; openssl prime 1000003; openssl base64 <<<text; echo 'secret message' | openssl pkeyutl -encrypt -pubin -inkey ca.pub | openssl pkeyutl -decrypt -inkey ca.key
echo 'over TLS' >page; head -c 3000000 /dev/zero | tr '\0' q >big
openssl s_server -accept 127.0.0.1:$port -WWW -quiet -key key -cert cert 2>server.log & server=$!; trap 'kill $server 2>/dev/null || true' EXIT
get() { printf 'GET /%s HTTP/1.0\r\n\r\n' "$1" | timeout 100 openssl s_client -connect 127.0.0.1:$port -CAfile ca.pem -servername localhost -verify_return_error -quiet -ign_eof "${@:2}" 2>/dev/null; }
until get page >/dev/null; do sleep 0.1; done
get page | tail -n 1; get big | tail -c 3000000 | openssl dgst -sha256; get page -tls1_2 | tail -n 1; get page -tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256 | tail -n 1; for i in 1 2 3 4 5 6; do get page | tail -n 1 >got.$i & gets="$gets $!"; done; wait $gets; cat got.*
echo | openssl s_client -connect 127.0.0.1:$port -CAfile ca.pem -brief 2>&1 | grep -E 'Protocol version|Verification|Hash'; printf 'GET /page HTTP/1.0\r\n\r\n' | openssl s_client -connect 127.0.0.1:$port -verify_return_error -quiet 2>&1 | grep -o 'certificate verify failed' | head -n 1
kill $server; wait $server || echo "server: $?"
openssl speed -seconds 1 -bytes 1024 -multi 2 -evp aes-128-gcm 2>/dev/null | grep -c '^AES-128-GCM *[1-9]'; openssl speed -seconds 1 sha256 rsa2048 2>/dev/null | grep -cE '^(sha256|rsa 2048 bits) +[0-9]'
