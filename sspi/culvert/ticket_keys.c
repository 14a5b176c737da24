/* --ticket-keys: the keys of a server's tickets in a file, so that it resumes sessions after it was started
 * anew, and so do other servers with that file. */
#include "sspi/culvert/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static SECURITY_STATUS take(struct cv_peer *p, const char *name)
{
    CulvertContext_Bytes keys = {0, NULL};
    BYTE *file = cv_peer_read_file(p, name, &keys.cbBytes);
    if (file == NULL) return SEC_E_INVALID_TOKEN;
    keys.pbBytes = file;
    SECURITY_STATUS status =
        SetCredentialsAttributesA(&p->credential, SECPKG_ATTR_CULVERT_TICKET_KEYS, &keys, sizeof keys);
    SecureZeroMemory(file, keys.cbBytes);
    free(file);
    if (status != SEC_E_OK) cv_peer_say(p, "%s: these are no ticket keys, or they are too old", name);
    return status;
}

/* For nobody else to read: whoever has them reads the sessions of all clients. */
static bool write_private(const char *name, const BYTE *bytes, size_t len)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) return false;
    bool ok = write(fd, bytes, len) == (ssize_t)len;
    return close(fd) == 0 && ok;
}

static SECURITY_STATUS give(struct cv_peer *p, const char *name)
{
    CulvertContext_Bytes keys = {0, NULL};
    SECURITY_STATUS status =
        QueryCredentialsAttributesExA(&p->credential, SECPKG_ATTR_CULVERT_TICKET_KEYS, &keys, sizeof keys);
    if (status != SEC_E_OK) return status;
    bool ok = write_private(name, keys.pbBytes, keys.cbBytes);
    if (!ok) cv_peer_say(p, "%s: %s", name, strerror(errno));
    FreeContextBuffer(keys.pbBytes);
    return ok ? SEC_E_OK : SEC_E_INTERNAL_ERROR;
}

SECURITY_STATUS cv_peer_share_ticket_keys(struct cv_peer *p)
{
    const char *name = p->options.ticket_keys;
    if (name == NULL) return SEC_E_OK;
    return access(name, F_OK) == 0 ? take(p, name) : give(p, name);
}
