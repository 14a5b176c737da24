/* Handshake records of a client that are read as they come, so that a buffer may be shorter than a record.
 *
 * Messages in them are joined as ever. Until a record's tag has been verified nothing of it is acted on, but
 * for rows of the tables that say CV_PROVISIONAL: those change nothing but the connection's own state. An
 * error in what is not yet verified waits for the tag, and a tag that does not verify ends the connection
 * with CV_E_BAD_RECORD_MAC, whatever stood in the record. */
#ifndef CV_TLS_RECORD_PIECES_H
#define CV_TLS_RECORD_PIECES_H

#include "tls/state.h"

struct cv_record_pieces {
    /* Whether `in` goes on with, or begins, a record of this kind: handshake in the clear, or any under keys
     * of TLS 1.3 whose AEAD opens in pieces, before the handshake is done. */
    bool (*takes)(const struct cv_conn *c, struct cv_bytes in);
    /* Takes from the front of `in`, up to the record's end. CV_WANT_INPUT with *missing if it is empty. */
    cv_err (*take)(struct cv_conn *c, struct cv_bytes *in, size_t *missing);
    void (*free)(struct cv_conn *c); /* rx.record */
};

extern const struct cv_record_pieces cv_records_as_they_come;

#endif
