/* Runs a fuzz target over files and folders, for compilers without libFuzzer. Each argument is a file or a
 * folder, which is read with what lies below it; a folder that is not there counts as empty. Prints how many
 * inputs ran. */
#include "test/fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static size_t n_run;

static void fail(const char *path)
{
    (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(1);
}

static void run_file(const char *path, size_t len)
{
    uint8_t *data = malloc(len > 0 ? len : 1);
    FILE *f = fopen(path, "rb");
    if (data == NULL || f == NULL || fread(data, 1, len, f) != len) fail(path);
    (void)fclose(f);
    /* Named before it runs, so that a crash can be told apart. */
    if (getenv("FUZZ_VERBOSE") != NULL) (void)fprintf(stderr, "%s\n", path);
    (void)LLVMFuzzerTestOneInput(data, len);
    free(data);
    n_run++;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void run_path(const char *path)
{
    struct stat st;
    struct dirent **names;
    if (stat(path, &st) != 0) {
        if (errno == ENOENT) return;
        fail(path);
    }
    if (!S_ISDIR(st.st_mode)) {
        run_file(path, (size_t)st.st_size);
        return;
    }
    int n = scandir(path, &names, NULL, by_name);
    if (n < 0) fail(path);
    for (int i = 0; i < n; i++) {
        char below[4096];
        if (names[i]->d_name[0] != '.') {
            (void)snprintf(below, sizeof below, "%s/%s", path, names[i]->d_name);
            run_path(below);
        }
        free(names[i]);
    }
    free(names);
}

int main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '/');
    (void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) run_path(argv[i]);
    (void)printf("%-20s %zu inputs\n", name != NULL ? name + 1 : argv[0], n_run);
    return 0;
}
