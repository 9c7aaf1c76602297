// A tree is walked and removed.
#include "../show.h"
#include <ftw.h>
static int entries, bytes;

static int look(const char *path, const struct stat *s, int type, struct FTW *at)
{
    entries++;
    if (type == FTW_F)
        bytes += s->st_size;
    return at->level > 4;
}

static int away(const char *path, const struct stat *s, int type, struct FTW *at)
{
    return remove(path);
}

int main(void)
{
    char path[64];
    for (int i = 0; i < 27; i++) {
        snprintf(path, sizeof path, "t/%d/%d/%d", i / 9, i / 3 % 3, i % 3);
        for (char *p = path + 1; (p = strchr(p + 1, '/'));) {
            *p = 0;
            mkdir(path, 0755);
            *p = '/';
        }
        if (i == 0)
            mkdir("t", 0755);
        if (i == 0)
            for (char *p = path + 2; (p = strchr(p, '/')); p++) {
                *p = 0;
                mkdir(path, 0755);
                *p = '/';
            }
        make(path, path);
    }
    SHOW(nftw("t", look, 8, FTW_PHYS));
    SHOW(entries);
    SHOW(bytes);
    SHOW(nftw("t", away, 8, FTW_PHYS | FTW_DEPTH));
    SHOW(access("t", F_OK));
    return 0;
}
