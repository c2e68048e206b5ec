/* Copyright (c) 2026 certops
 * GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
 *
 * A bad disk, for the programs that are started with LD_PRELOAD: calls that touch a path below one folder are counted, and fail
 * or wait as they are told. faulty.py compiles it and tells what the variables mean:
 *
 *   FAULTY_BELOW   the folder, without a slash at its end; nothing else is ever touched
 *   FAULTY_COUNTS  a file of 16 numbers of 64 bits that all these programs share: calls by kind, in the order of KINDS, then bytes
 *   FAULTY_KIND    number of the kind that is to fail     FAULTY_FROM, FAULTY_TO   first and last call of it that fails, from 1
 *   FAULTY_ERRNO   how it fails                           FAULTY_BYTES   that many can be written, then the disk is full
 *   FAULTY_SLOW    milliseconds that a call may wait      FAULTY_SEED    of how long each of them does
 *
 * The standard output of a program may be a stream of the C library, which writes without a call that can be caught; where it is a
 * file of the folder, it becomes a stream that calls write() below. */

#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { WRITE, SYNC, RENAME, OPEN, UNLINK, LINK, MKDIR, GUARD, CLOSE, READ, LOOK, BYTES = 15 };

static unsigned long long *counts;
static char below[PATH_MAX];
static long number(const char *name, long otherwise) { const char *text = getenv(name); return text && *text ? atol(text) : otherwise; }

#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = (type (*)(__VA_ARGS__)) dlsym(RTLD_NEXT, name)

static void begin(void) {
    static int begun;
    if (begun++) return;
    const char *folder = getenv("FAULTY_BELOW"), *shared = getenv("FAULTY_COUNTS");
    if (!folder || !shared) return;
    int file = syscall(SYS_openat, AT_FDCWD, shared, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *at = mmap(0, 16 * sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    syscall(SYS_close, file);
    if (at == MAP_FAILED) return;
    snprintf(below, sizeof below, "%s", folder);
    counts = at;
}

static int is_below(const char *path) {
    size_t length = strlen(below);
    return !strncmp(path, below, length) && (path[length] == '/' || !path[length]);
}

/* Whether a file that is open, or PATH from that folder, lies in the folder. */
static int touches(int fd, const char *path) {
    char link[64], found[PATH_MAX];
    begin();
    if (!counts) return 0;
    if (path && *path == '/') return is_below(path);
    if (fd == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
    else snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, found, sizeof found - 1);
    if (length <= 0) return 0;
    found[length] = 0;
    return is_below(found);
}

static void pause_a_while(unsigned long long call, enum kind kind) {
    long most = number("FAULTY_SLOW", 0);
    if (!most || kind > GUARD) return;
    unsigned long long dice = (number("FAULTY_SEED", 0) * 1000003ULL + call * 31 + kind) * 6364136223846793005ULL;
    long long microseconds = (dice >> 33) % (most * 1000);
    struct timespec wait = {microseconds / 1000000, microseconds % 1000000 * 1000};
    syscall(SYS_nanosleep, &wait, 0);
}

/* Whether this call has to fail; errno is set then. */
static int fails(enum kind kind, int fd, const char *path) {
    int before = errno;
    if (!touches(fd, path)) { errno = before; return 0; }
    unsigned long long call = __atomic_add_fetch(&counts[kind], 1, __ATOMIC_SEQ_CST);
    pause_a_while(call, kind);
    long from = number("FAULTY_FROM", 0);
    int hit = from && number("FAULTY_KIND", -1) == (long) kind && call >= (unsigned long long) from
        && call <= (unsigned long long) number("FAULTY_TO", LONG_MAX);
    errno = hit ? (int) number("FAULTY_ERRNO", EIO) : before;
    return hit;
}

/* How many of so many bytes find room; 0 if the disk is full, errno is set then. */
static size_t room(int fd, size_t wanted) {
    const char *most = getenv("FAULTY_BYTES");
    int before = errno;
    if (!wanted || !touches(fd, 0)) { errno = before; return wanted; }
    unsigned long long used = __atomic_fetch_add(&counts[BYTES], wanted, __ATOMIC_SEQ_CST);
    errno = before;
    if (!most || !*most || used + wanted <= strtoull(most, 0, 10)) return wanted;
    unsigned long long left = used < strtoull(most, 0, 10) ? strtoull(most, 0, 10) - used : 0;
    if (!left) errno = ENOSPC;
    return left;
}

ssize_t write(int fd, const void *from, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    if (fails(WRITE, fd, 0)) return -1;
    size_t fit = room(fd, size);
    return size && !fit ? -1 : real(fd, from, fit);
}
ssize_t __write(int fd, const void *from, size_t size) { return write(fd, from, size); }
ssize_t writev(int fd, const struct iovec *parts, int count) {   /* a part at a time, as a full disk cuts them anywhere */
    ssize_t sum = 0;
    for (int i = 0; i < count; i++) {
        ssize_t done = write(fd, parts[i].iov_base, parts[i].iov_len);
        if (done < 0) return sum ? sum : -1;
        sum += done;
        if ((size_t) done < parts[i].iov_len) break;
    }
    return sum;
}
ssize_t pwrite(int fd, const void *from, size_t size, off_t at) {
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    if (fails(WRITE, fd, 0)) return -1;
    size_t fit = room(fd, size);
    return size && !fit ? -1 : real(fd, from, fit, at);
}
ssize_t pwrite64(int fd, const void *from, size_t size, off_t at) { return pwrite(fd, from, size, at); }

/* Programs that are refused these copy with read() and write(). */
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags) {
    REAL(ssize_t, "copy_file_range", int, off64_t *, int, off64_t *, size_t, unsigned);
    if (touches(out, 0)) { errno = ENOSYS; return -1; }
    return real(in, from, out, to, size, flags);
}
ssize_t sendfile(int out, int in, off_t *from, size_t size) {
    REAL(ssize_t, "sendfile", int, int, off_t *, size_t);
    if (touches(out, 0)) { errno = ENOSYS; return -1; }
    return real(out, in, from, size);
}
ssize_t sendfile64(int out, int in, off_t *from, size_t size) { return sendfile(out, in, from, size); }

ssize_t read(int fd, void *to, size_t size) {
    REAL(ssize_t, "read", int, void *, size_t);
    return fails(READ, fd, 0) ? -1 : real(fd, to, size);
}

static int is_change(int flags) { return (flags & (O_CREAT | O_TRUNC)) || (flags & O_ACCMODE) != O_RDONLY; }

static int open_at(int at, const char *path, int flags, mode_t mode) {
    REAL(int, "openat", int, const char *, int, ...);
    return fails(is_change(flags) ? OPEN : LOOK, at, path) ? -1 : real(at, path, flags, mode);
}
#define MODE(flags) mode_t mode = 0; if (flags & (O_CREAT | __O_TMPFILE)) { va_list more; va_start(more, flags); \
    mode = va_arg(more, mode_t); va_end(more); }
int open(const char *path, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return open_at(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return open_at(at, path, flags, mode); }
int __open_2(const char *path, int flags) { return open_at(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return open_at(AT_FDCWD, path, flags, 0); }
int __openat_2(int at, const char *path, int flags) { return open_at(at, path, flags, 0); }
int __openat64_2(int at, const char *path, int flags) { return open_at(at, path, flags, 0); }
int creat(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

int close(int fd) {   /* the file is closed all the same, as POSIX lets a system do */
    int failed = fails(CLOSE, fd, 0), reason = errno;
    long ended = syscall(SYS_close, fd);
    if (failed) errno = reason;
    return failed ? -1 : (int) ended;
}

/* What takes a path or a file, and nothing that has to be looked at. */
#define CALL(kind, name, parameters, fd, path, ...) int name parameters { \
    static int (*real) parameters; if (!real) real = (int (*) parameters) dlsym(RTLD_NEXT, #name); \
    return fails(kind, fd, path) ? -1 : real(__VA_ARGS__); }
CALL(SYNC, fsync, (int fd), fd, 0, fd)
CALL(SYNC, fdatasync, (int fd), fd, 0, fd)
CALL(SYNC, syncfs, (int fd), fd, 0, fd)
CALL(RENAME, rename, (const char *old, const char *new), AT_FDCWD, new, old, new)
CALL(RENAME, renameat, (int from, const char *old, int to, const char *new), to, new, from, old, to, new)
CALL(RENAME, renameat2, (int from, const char *old, int to, const char *new, unsigned flags), to, new, from, old, to, new, flags)
CALL(UNLINK, unlink, (const char *path), AT_FDCWD, path, path)
CALL(UNLINK, unlinkat, (int at, const char *path, int flags), at, path, at, path, flags)
CALL(UNLINK, rmdir, (const char *path), AT_FDCWD, path, path)
CALL(LINK, link, (const char *old, const char *new), AT_FDCWD, new, old, new)
CALL(LINK, linkat, (int from, const char *old, int to, const char *new, int flags), to, new, from, old, to, new, flags)
CALL(MKDIR, mkdir, (const char *path, mode_t mode), AT_FDCWD, path, path, mode)
CALL(MKDIR, mkdirat, (int at, const char *path, mode_t mode), at, path, at, path, mode)
CALL(GUARD, chmod, (const char *path, mode_t mode), AT_FDCWD, path, path, mode)
CALL(GUARD, fchmod, (int fd, mode_t mode), fd, 0, fd, mode)
CALL(GUARD, fchmodat, (int at, const char *path, mode_t mode, int flags), at, path, at, path, mode, flags)
CALL(GUARD, chown, (const char *path, uid_t user, gid_t group), AT_FDCWD, path, path, user, group)
CALL(GUARD, fchown, (int fd, uid_t user, gid_t group), fd, 0, fd, user, group)
CALL(GUARD, fchownat, (int at, const char *path, uid_t user, gid_t group, int flags), at, path, at, path, user, group, flags)
CALL(GUARD, utimensat, (int at, const char *path, const struct timespec times[2], int flags), at, path, at, path, times, flags)
CALL(GUARD, futimens, (int fd, const struct timespec times[2]), fd, 0, fd, times)
CALL(GUARD, ftruncate, (int fd, off_t size), fd, 0, fd, size)
CALL(LOOK, stat, (const char *path, struct stat *to), AT_FDCWD, path, path, to)
CALL(LOOK, lstat, (const char *path, struct stat *to), AT_FDCWD, path, path, to)
CALL(LOOK, fstatat, (int at, const char *path, struct stat *to, int flags), at, path, at, path, to, flags)
CALL(LOOK, stat64, (const char *path, struct stat64 *to), AT_FDCWD, path, path, to)
CALL(LOOK, lstat64, (const char *path, struct stat64 *to), AT_FDCWD, path, path, to)
CALL(LOOK, fstatat64, (int at, const char *path, struct stat64 *to, int flags), at, path, at, path, to, flags)
CALL(LOOK, statx, (int at, const char *path, int flags, unsigned mask, struct statx *to), at, path, at, path, flags, mask, to)
CALL(LOOK, access, (const char *path, int mode), AT_FDCWD, path, path, mode)
CALL(LOOK, faccessat, (int at, const char *path, int mode, int flags), at, path, at, path, mode, flags)
CALL(LOOK, eaccess, (const char *path, int mode), AT_FDCWD, path, path, mode)
CALL(LOOK, euidaccess, (const char *path, int mode), AT_FDCWD, path, path, mode)

static ssize_t put(void *cookie, const char *from, size_t size) {
    size_t sum = 0;
    (void) cookie;
    while (sum < size) {
        ssize_t done = write(1, from + sum, size - sum);
        if (done < 0) return 0;   /* of a cookie, the sign of an error */
        sum += done;
    }
    return size;
}
static int shut(void *cookie) { (void) cookie; return close(1); }

__attribute__((constructor)) static void catch_standard_output(void) {
    if (touches(1, 0)) stdout = fopencookie(0, "w", (cookie_io_functions_t) {0, put, 0, shut});
}
