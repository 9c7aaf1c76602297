// Files beneath the working directory: stdio, descriptors, directories, errors.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }
static int visible(const struct dirent *d) { return d->d_name[0] != '.'; }

int main(void) {
    if (mkdir("work", 0755)) printf("mkdir: %s\n", strerror(errno));
    if (chdir("work")) return 1;
    FILE *f = fopen("numbers.txt", "w+");
    if (!f) return 2;
    for (int i = 0; i < 10000; i++) fprintf(f, "%d %x\n", i, i * i);
    printf("%ld\n", ftell(f));
    rewind(f);
    int a, sum = 0;
    unsigned b;
    while (fscanf(f, "%d %x", &a, &b) == 2) sum += a ^ (int)b;
    printf("%d %d\n", sum, feof(f) != 0);
    fseek(f, -20, SEEK_END);
    char line[64];
    while (fgets(line, sizeof line, f)) fputs(line, stdout);
    fclose(f);

    struct stat s;
    printf("%d ", stat("numbers.txt", &s));
    printf("%ld %o\n", (long)s.st_size, s.st_mode & S_IFMT);
    int fd = open("numbers.txt", O_RDWR);
    char buffer[32] = {0};
    printf("%zd %s\n", pread(fd, buffer, 9, 100), buffer[0] ? "read" : "empty");
    struct iovec v[] = {{"one ", 4}, {"two ", 4}, {"three\n", 6}};
    lseek(fd, 0, SEEK_END);
    printf("%zd\n", writev(fd, v, 3));
    printf("%d ", ftruncate(fd, 1000));
    printf("%ld\n", (long)lseek(fd, 0, SEEK_END));
    printf("%d\n", fcntl(fd, F_GETFL) & O_ACCMODE);
    int other = dup(fd);
    printf("%d %d\n", other > fd, close(fd));
    printf("%d\n", close(fd));
    printf("%d\n", errno == EBADF);
    close(other);

    printf("%d ", rename("numbers.txt", "renamed.txt"));
    printf("%d\n", access("numbers.txt", F_OK));
    fd = open("numbers.txt", O_RDONLY);
    printf("%d %s\n", fd, strerror(errno));
    printf("%d ", symlink("renamed.txt", "link"));
    printf("%d\n", link("renamed.txt", "hard"));
    printf("%zd\n", readlink("link", buffer, sizeof buffer));
    mkdir("sub", 0700);
    struct dirent **entries;
    int n = scandir(".", &entries, visible, by_name);
    for (int i = 0; i < n; i++) printf("%s ", entries[i]->d_name), free(entries[i]);
    puts("");
    int r = rmdir(".");
    printf("%d %s\n", r, strerror(errno));
    printf("%d ", unlink("link"));
    printf("%d ", unlink("hard"));
    printf("%d ", unlink("renamed.txt"));
    printf("%d\n", rmdir("sub"));
    r = open("sub/none", O_CREAT | O_WRONLY, 0644);
    printf("%d %s\n", r, strerror(errno));
    if (chdir("..")) return 3;
    printf("%d\n", rmdir("work"));

    int p[2];
    printf("%d\n", pipe(p));
    printf("%zd\n", write(p[1], "through a pipe", 14));
    close(p[1]);
    char got[32] = {0};
    ssize_t n_read = read(p[0], got, 31);
    printf("%zd %s\n", n_read, got);
    printf("%zd\n", read(p[0], buffer, 31));
    FILE *t = tmpfile();
    printf("%d\n", t != 0 || errno == ENOENT);
    fprintf(stderr, "to stderr\n");
    return 0;
}
