/* What libgit2's build would write: the configuration of its back end for Schannel on this host. */
#define GIT_THREADS 1
#define GIT_SCHANNEL 1
#define GIT_ARCH_64 1
#define GIT_IO_POLL 1
