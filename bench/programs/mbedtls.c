// Mbed TLS: hashes, authenticated encryption, signatures, key agreement, on
// deterministic keys and messages.
#include <mbedtls/bignum.h>
#include <mbedtls/chachapoly.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/gcm.h>
#include <mbedtls/sha256.h>
#include <mbedtls/sha512.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 1 << 16 };
static unsigned char message[SIZE], sealed[SIZE], again[SIZE];

static unsigned sum = 2166136261u;

static void add(const unsigned char *data, size_t n) {
    for (size_t i = 0; i < n; i++) sum = (sum ^ data[i]) * 16777619u;
}

// Numbers that are random enough for blinding, the same each time.
static int numbers(void *state, unsigned char *out, size_t n) {
    unsigned *seed = state;
    for (size_t i = 0; i < n; i++) {
        *seed = *seed * 1664525 + 1013904223;
        out[i] = (unsigned char)(*seed >> 24);
    }
    return 0;
}

static int hashes(void) {
    unsigned char hash[64];
    if (mbedtls_sha256(message, SIZE, hash, 0) != 0) return 1;
    add(hash, 32);
    if (mbedtls_sha512(message, SIZE, hash, 0) != 0) return 1;
    add(hash, 64);
    return 0;
}

static int encryption(const unsigned char *key) {
    unsigned char tag[16];
    mbedtls_chachapoly_context chacha;
    mbedtls_chachapoly_init(&chacha);
    int failed = mbedtls_chachapoly_setkey(&chacha, key) ||
                 mbedtls_chachapoly_encrypt_and_tag(&chacha, SIZE, key, key, 16, message, sealed, tag) ||
                 mbedtls_chachapoly_auth_decrypt(&chacha, SIZE, key, key, 16, tag, sealed, again);
    mbedtls_chachapoly_free(&chacha);
    add(tag, sizeof tag);
    if (failed || memcmp(message, again, SIZE) != 0) return 1;

    mbedtls_gcm_context gcm;
    mbedtls_gcm_init(&gcm);
    failed = mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key, 256) ||
             mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, SIZE, key, 12, key, 16, message, sealed, 16, tag) ||
             mbedtls_gcm_auth_decrypt(&gcm, SIZE, key, 12, key, 16, tag, 16, sealed, again);
    mbedtls_gcm_free(&gcm);
    add(tag, sizeof tag);
    return failed || memcmp(message, again, SIZE) != 0;
}

static int signatures(const unsigned char *hash) {
    unsigned seed = 1;
    unsigned char bytes[65];
    size_t n;
    mbedtls_ecp_keypair key;
    mbedtls_mpi r, s;
    mbedtls_ecp_keypair_init(&key);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    mbedtls_ecp_group *group = &key.MBEDTLS_PRIVATE(grp);
    mbedtls_ecp_point *point = &key.MBEDTLS_PRIVATE(Q);
    int failed =
        mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, &key, numbers, &seed) ||
        mbedtls_ecdsa_sign_det_ext(group, &r, &s, &key.MBEDTLS_PRIVATE(d), hash, 32, MBEDTLS_MD_SHA256, numbers, &seed) ||
        mbedtls_ecdsa_verify(group, hash, 32, point, &r, &s) || mbedtls_mpi_write_binary(&r, bytes, 32) ||
        mbedtls_mpi_write_binary(&s, bytes + 32, 32);
    add(bytes, 64);
    failed = failed || mbedtls_ecp_point_write_binary(group, point, MBEDTLS_ECP_PF_UNCOMPRESSED, &n, bytes, 65);
    add(bytes, 65);
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_ecp_keypair_free(&key);
    return failed;
}

// Modular exponentiation, as of RSA with 1024 bits.
static int powers(void) {
    unsigned seed = 2;
    mbedtls_mpi x, e, n, result;
    mbedtls_mpi *all[] = {&x, &e, &n, &result};
    for (int i = 0; i < 4; i++) mbedtls_mpi_init(all[i]);
    unsigned char bytes[128];
    int failed = 0;
    for (int i = 0; i < 3; i++) failed = failed || mbedtls_mpi_fill_random(all[i], sizeof bytes, numbers, &seed);
    failed = failed || mbedtls_mpi_set_bit(&n, 0, 1) || mbedtls_mpi_exp_mod(&result, &x, &e, &n, 0) ||
             mbedtls_mpi_write_binary(&result, bytes, sizeof bytes);
    add(bytes, sizeof bytes);
    for (int i = 0; i < 4; i++) mbedtls_mpi_free(all[i]);
    return failed;
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    unsigned char key[32];
    for (int i = 0; i < 32; i++) key[i] = (unsigned char)(i * 5 + 1);
    for (int i = 0; i < SIZE; i++) message[i] = (unsigned char)(i * 3 + (i >> 8));
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < 4; i++) {
            message[0] = (unsigned char)(message[0] + i);
            if ((i == 0 && (hashes() || encryption(key))) || signatures(message) || powers()) {
                printf("mbedtls: failed\n");
                return 1;
            }
        }
    printf("mbedtls %08x\n", sum);
    return 0;
}
