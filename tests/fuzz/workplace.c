#include "workplace.h"

#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

static char workplace[64];

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place) {
    (void)status;
    (void)type;
    return place->level == 0 ? 0 : remove(path);
}

static void remove_all(void) {
    FUZZ_CHECK(nftw(workplace, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

static void remove_workplace(void) {
    remove_all();
    (void)rmdir(workplace);
}

void workplace_renew(void) {
    if (workplace[0] == '\0') {
        const char *place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        (void)snprintf(workplace, sizeof(workplace), "%s/mapcp-fuzz-XXXXXX", place);
        FUZZ_CHECK(mkdtemp(workplace) != NULL);
        FUZZ_CHECK(atexit(remove_workplace) == 0);
    }
    remove_all();
    FUZZ_CHECK(chdir(workplace) == 0);
}

void workplace_for_each(const char *directory,
                        void (*use)(const char *path, unsigned char kind, void *context), void *context) {
    DIR *listing = opendir(directory);
    FUZZ_CHECK(listing != NULL);
    for (const struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        char path[4096];
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            FUZZ_CHECK(snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name) < (int)sizeof(path));
            use(path, entry->d_type, context);
            if (entry->d_type == DT_DIR) {
                workplace_for_each(path, use, context);
            }
        }
    }
    FUZZ_CHECK(closedir(listing) == 0);
}
