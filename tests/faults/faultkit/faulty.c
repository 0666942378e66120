/* A disk that refuses: preloaded into a process, it fails writes below one folder when it is told to.

   FAULTS_ROOT: the folder. FAULTS_CONTROL: a file of four ints, mapped by every process and by the test:
   [0] calls until the first refusal (0: refuses nothing; counted down by each write, fsync, truncation and rename)
   [1] how many calls are then refused in a row   [2] errno   [3] how many were refused so far */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

static volatile int *control;
static const char *root;
static size_t length;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FAULTS_CONTROL");
    root = getenv("FAULTS_ROOT");
    int file = path && root ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *found = mmap(NULL, 4 * sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    length = strlen(root);
    if (found != MAP_FAILED) control = found;
}

static int due(void) {
    if (__sync_sub_and_fetch(&control[0], 1) > 0) return 0;
    if (__sync_sub_and_fetch(&control[1], 1) < 0) { control[0] = 0; return 0; }
    control[0] = 1;
    __sync_add_and_fetch(&control[3], 1);
    return control[2];
}

static int refused_path(const char *path) {
    return control && control[0] > 0 && path && strncmp(path, root, length) == 0 ? due() : 0;
}

static int refused(int file) {
    char link[64], path[PATH_MAX + 1];
    if (!control || control[0] <= 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, PATH_MAX);
    if (size <= 0) return 0;
    path[size] = 0;
    return refused_path(path);
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define CHECK(test) do { int error = (test); if (error) { errno = error; return -1; } } while (0)

ssize_t write(int f, const void *b, size_t n) { REAL(write); CHECK(refused(f)); return real(f, b, n); }
ssize_t pwrite(int f, const void *b, size_t n, off_t o) { REAL(pwrite); CHECK(refused(f)); return real(f, b, n, o); }
ssize_t pwrite64(int f, const void *b, size_t n, off64_t o) {
    REAL(pwrite64); CHECK(refused(f)); return real(f, b, n, o);
}
int fsync(int f) { REAL(fsync); CHECK(refused(f)); return real(f); }
int fdatasync(int f) { REAL(fdatasync); CHECK(refused(f)); return real(f); }
int ftruncate(int f, off_t n) { REAL(ftruncate); CHECK(refused(f)); return real(f, n); }
int ftruncate64(int f, off64_t n) { REAL(ftruncate64); CHECK(refused(f)); return real(f, n); }
int rename(const char *a, const char *b) { REAL(rename); CHECK(refused_path(b)); return real(a, b); }
