// Fuzzes the listing of directories in WASI. The input is what fd_readdir returns. If it is entries in the
// preview 1 adapter's form, each must be listed, and requested once. If it is random bytes, it must do no
// harm.

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

#include "fuzz.h"
#include "listing.h"

/// As many as an input can have, and more than a buffer can.
#define MOST_ENTRIES 128
/// The size of the listing's buffer, and of an entry in it without its name.
#define BUFFER_SIZE 4096
#define HEAD_SIZE sizeof(__wasi_dirent_t)
#define LONGEST BUFFER_SIZE
/// The distance between two cookies, which are not numbers of entries.
#define STRIDE 1000
/// How often random bytes are requested.
#define MOST_STEPS 200

/// A name consists of one letter.
struct entry {
    size_t length;
    char letter;
    unsigned char type;
};

static struct entry entries[MOST_ENTRIES];
static size_t entry_count;
/// The entry that must be requested next. For any other, the adapter would list the directory again.
static size_t awaited;
/// How many calls succeed before one fails, and whether it has.
static int good_calls;
static bool has_failed;
static int directory;
/// Returned instead of entries.
static struct fuzz_input *bytes;

/// Appends bytes to a buffer if there is room.
static void put(uint8_t *buffer, size_t size, size_t *filled, const void *what, size_t length) {
    size_t room = size - *filled;
    size_t taken = length < room ? length : room;
    memcpy(buffer + *filled, what, taken);
    *filled += taken;
}

static void tell_entries(uint8_t *buffer, size_t size, size_t *filled) {
    for (size_t index = awaited; index < entry_count && *filled < size; index++) {
        const struct entry *entry = &entries[index];
        char name[LONGEST];
        __wasi_dirent_t head;
        memset(&head, 0, sizeof(head));
        head.d_next = (index + 1) * STRIDE;
        head.d_namlen = (uint32_t)entry->length;
        head.d_type = entry->type;
        memset(name, entry->letter, entry->length);
        put(buffer, size, filled, &head, sizeof(head));
        put(buffer, size, filled, name, entry->length);
        // If an entry ends with the buffer, the listing assumes that it was cut off.
        awaited = index;
    }
}

static void tell_bytes(uint8_t *buffer, size_t size, size_t *filled) {
    *filled = fuzz_take(bytes) % 2 == 0 ? size : (size_t)fuzz_take(bytes) * 17 % (size + 1);
    memset(buffer, fuzz_take(bytes), *filled);
    for (size_t index = 0; index < *filled && bytes->left > 0 && *bytes->bytes != '\n'; index++) {
        buffer[index] = fuzz_take(bytes);
    }
    (void)fuzz_take(bytes);
}

__wasi_errno_t __wasi_fd_readdir(__wasi_fd_t fd, uint8_t *buffer, __wasi_size_t size,
                                 __wasi_dircookie_t cookie, __wasi_size_t *filled) {
    FUZZ_CHECK(fd == directory && size == BUFFER_SIZE);
    has_failed = good_calls-- == 0;
    if (has_failed) {
        return EIO;
    }
    *filled = 0;
    if (bytes) {
        tell_bytes(buffer, size, filled);
    } else {
        FUZZ_CHECK(cookie == awaited * STRIDE);
        tell_entries(buffer, size, filled);
    }
    return __WASI_ERRNO_SUCCESS;
}

static void take_entries(struct fuzz_input *input) {
    static const size_t long_lengths[] = {255, 1000, 2023, 2024, 2025, 4071, 4072, 4073};
    static const unsigned char types[] = {DT_REG, DT_DIR, DT_LNK, DT_UNKNOWN};
    for (entry_count = 0; input->left > 0 && entry_count < MOST_ENTRIES; entry_count++) {
        uint8_t length = fuzz_take(input);
        uint8_t rest = fuzz_take(input);
        entries[entry_count] = (struct entry){
            .letter = (char)('a' + rest % 26),
            .length = length < 248 ? length + 1 : long_lengths[length - 248],
            .type = types[rest / 26 % 4],
        };
    }
}

static void check_listed(const struct entry *entry, const struct mapcp_listed *listed) {
    FUZZ_CHECK(strlen(listed->name) == entry->length && listed->type == entry->type);
    for (size_t index = 0; index < entry->length; index++) {
        FUZZ_CHECK(listed->name[index] == entry->letter);
    }
}

/// Lists the entries, until a call fails.
static void list_entries(struct mapcp_listing *listing) {
    struct mapcp_listed listed;
    for (size_t index = 0; index < entry_count; index++) {
        bool good = mapcp_listing_next(listing, &listed);
        bool is_too_long = HEAD_SIZE + entries[index].length >= BUFFER_SIZE;
        if (has_failed || is_too_long) {
            FUZZ_CHECK(!good && errno == (has_failed ? EIO : ENAMETOOLONG));
            return;
        }
        FUZZ_CHECK(good);
        check_listed(&entries[index], &listed);
    }
    FUZZ_CHECK(!mapcp_listing_next(listing, &listed) && errno == (has_failed ? EIO : 0));
}

static void list_bytes(struct mapcp_listing *listing) {
    struct mapcp_listed listed;
    for (int step = 0; step < MOST_STEPS && mapcp_listing_next(listing, &listed); step++) {
        FUZZ_CHECK(strlen(listed.name) < BUFFER_SIZE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {.bytes = data, .left = size};
    uint8_t kind = fuzz_take(&input);
    // Most calls never fail.
    good_calls = kind % 8 == 7 ? kind / 16 : -1;
    has_failed = false;
    awaited = entry_count = 0;
    directory = open("/dev/null", O_RDONLY | O_CLOEXEC);
    bytes = kind / 8 % 2 == 0 ? NULL : &input;
    struct mapcp_listing *listing = mapcp_listing_open(directory);
    FUZZ_CHECK(listing != NULL && mapcp_listing_descriptor(listing) == directory);
    if (bytes) {
        list_bytes(listing);
    } else {
        take_entries(&input);
        list_entries(listing);
    }
    mapcp_listing_close(listing);
    FUZZ_CHECK(fcntl(directory, F_GETFD) == -1);
    return 0;
}
