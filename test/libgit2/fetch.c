/* Fetches a page through libgit2's stream over Schannel (src/libgit2/streams/schannel.c, unchanged), as libgit2's
 * transport does: connect; a certificate that is refused is shown to the user, who may go on.
 * Usage: fetch HOST PORT [accept] */
#include <culvert_wchar.h>
#include <windows.h>

#include "common.h"
#include "stream.h"
#include "streams/registry.h"
#include "streams/schannel.h"

#include <stdio.h>

/* What the two files need of the rest of libgit2. */

void git_error_set(int category, const char *format, ...)
{
    va_list args;
    (void)category;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
}

void git_error_set_oom(void)
{
    printf("no memory\n");
}

int git_stream_registry_lookup(git_stream_registration *out, git_stream_t type)
{
    (void)out;
    (void)type;
    return GIT_ENOTFOUND;
}

int git_utf8_to_16_alloc(wchar_t **out, const char *text)
{
    int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
    *out = n == 0 ? NULL : git__calloc((size_t)n, sizeof **out);
    return *out == NULL ? -1 : MultiByteToWideChar(CP_UTF8, 0, text, -1, *out, n);
}

static int talk(git_stream *s)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    char answer[4096];
    ssize_t n;
    if (git_stream_write(s, request, sizeof request - 1, 0) < 0) return 1;
    while ((n = git_stream_read(s, answer, sizeof answer)) > 0) fwrite(answer, 1, (size_t)n, stdout);
    return 0;
}

int main(int argc, char **argv)
{
    git_stream *s;
    if (git_allocator_global_init() < 0) return 2;
    if (argc < 3 || git_schannel_stream_new(&s, argv[1], argv[2]) < 0) return 2;
    int e = git_stream_connect(s);
    if (e == GIT_ECERTIFICATE) printf("certificate refused\n");
    int result = e == 0 || (e == GIT_ECERTIFICATE && argc > 3) ? talk(s) : e == GIT_ECERTIFICATE ? 60 : 35;
    git_stream_close(s);
    git_stream_free(s);
    return result;
}
