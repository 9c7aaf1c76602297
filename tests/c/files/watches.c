// inotify: what happens to files is told in order.
#include "../show.h"
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>

static int fd;
static uint32_t cookie;

// All events that have come, a line each.
static void show_events(void)
{
    static _Alignas(struct inotify_event) char buffer[8192];
    ssize_t len;
    while ((len = read(fd, buffer, sizeof buffer)) > 0)
        for (char *at = buffer; at < buffer + len;) {
            struct inotify_event *event = (struct inotify_event *)at;
            // A move has one number at both ends.
            const char *moved = "";
            if (event->cookie) {
                moved = event->cookie == cookie ? " (that one)" : " (moved)";
                cookie = event->cookie;
            }
            printf("%d %#x %s%s\n", event->wd, event->mask, event->len ? event->name : "-", moved);
            at += sizeof *event + event->len;
        }
    SHOW(len);
}

int main(void)
{
    SHOW(inotify_init1(1));
    SHOW(fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(fd, F_GETFL) & (O_NONBLOCK | O_ACCMODE));
    SHOW(mkdir("d", 0755));
    make("d/old", "text");
    symlink("old", "d/link");
    SHOW(inotify_add_watch(fd, "d", IN_ALL_EVENTS));
    show_events();
    make("d/new", "text");
    show_events();
    int file = open("d/new", O_RDWR);
    char bytes[4];
    SHOW(read(file, bytes, 4));
    SHOW(ftruncate(file, 1));
    SHOW(fchmod(file, 0600));
    SHOW(close(file));
    show_events();
    SHOW(rename("d/new", "d/newer"));
    SHOW(rename("d/newer", "away"));
    SHOW(mkdir("d/sub", 0755));
    SHOW(rmdir("d/sub"));
    SHOW(link("d/old", "d/older"));
    show_events();
    // Files by themselves, and by other names of theirs.
    SHOW(inotify_add_watch(fd, "d/old", IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF));
    SHOW(inotify_add_watch(fd, "d/link", IN_MODIFY));
    SHOW(inotify_add_watch(fd, "d/link", IN_ALL_EVENTS | IN_DONT_FOLLOW));
    SHOW(inotify_add_watch(fd, "d", IN_DELETE | IN_ONLYDIR));
    make("d/old", "more");
    SHOW(chmod("d/old", 0600));
    SHOW(unlink("d/old"));
    SHOW(unlink("d/older"));
    SHOW(unlink("d/link"));
    show_events();
    SHOW(inotify_rm_watch(fd, 2));
    SHOW(inotify_rm_watch(fd, 1));
    SHOW(inotify_rm_watch(fd, 1));
    show_events();
    make("d/x", "");
    show_events();
    // One event only.
    SHOW(inotify_add_watch(fd, "d", IN_CREATE | IN_ONESHOT));
    make("d/y", "");
    make("d/z", "");
    show_events();
    // Who waits.
    SHOW(inotify_add_watch(fd, "d", IN_CREATE | IN_MASK_CREATE));
    SHOW(inotify_add_watch(fd, "d", IN_DELETE | IN_MASK_CREATE));
    SHOW(inotify_add_watch(fd, "d", IN_DELETE | IN_MASK_ADD));
    struct pollfd polled = {fd, POLLIN};
    SHOW(poll(&polled, 1, 0));
    int set = epoll_create1(0);
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, fd, &(struct epoll_event){EPOLLIN}));
    struct epoll_event ready;
    SHOW(epoll_wait(set, &ready, 1, 0));
    make("d/w", "");
    SHOW(unlink("d/w"));
    SHOW(poll(&polled, 1, 0));
    SHOW(polled.revents);
    SHOW(epoll_wait(set, &ready, 1, 0));
    int available;
    SHOW(ioctl(fd, FIONREAD, &available));
    SHOW(available);
    SHOW(read(fd, bytes, 4));
    show_events();
    SHOW(inotify_add_watch(fd, "d", 0));
    SHOW(inotify_add_watch(fd, "d", IN_MODIFY | IN_MASK_ADD | IN_MASK_CREATE));
    SHOW(inotify_add_watch(fd, "away", IN_MODIFY | IN_ONLYDIR));
    SHOW(inotify_add_watch(fd, "away/", IN_MODIFY));
    SHOW(inotify_add_watch(fd, "nothing", IN_MODIFY));
    SHOW(inotify_add_watch(fd, "", IN_MODIFY));
    SHOW(inotify_add_watch(1, "d", IN_MODIFY));
    SHOW(inotify_add_watch(-1, "d", IN_MODIFY));
    SHOW(inotify_rm_watch(1, 1));
    SHOW(inotify_rm_watch(fd, 99));
    SHOW(write(fd, bytes, 4));
    SHOW(lseek(fd, 0, SEEK_CUR));
    return 0;
}
