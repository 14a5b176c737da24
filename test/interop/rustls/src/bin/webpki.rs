//! Judges chains as webpki does, for the differential test of certificates: `webpki FILE` prints a line for
//! each chain of the file, "ok" or why not. test/x509/mutate.py describes the file.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::ServerCertVerifier;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{Error, RootCertStore};

/// Takes n bytes from the front.
fn take<'a>(rest: &mut &'a [u8], n: usize) -> &'a [u8] {
    let (head, tail) = rest.split_at(n);
    *rest = tail;
    head
}

fn reason(error: &impl std::fmt::Debug) -> String {
    let text = format!("{error:?}");
    text.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .take(60)
        .collect()
}

fn judge(certs: &[CertificateDer<'_>], now: UnixTime) -> Result<(), String> {
    let (root, path) = certs.split_last().expect("a root");
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).map_err(|e| reason(&e))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|e| reason(&e))?;
    let name = ServerName::try_from("server.example").expect("a name");
    match verifier.verify_server_cert(&path[0], &path[1..], &name, &[], now) {
        Ok(_) => Ok(()),
        Err(Error::InvalidCertificate(e)) => Err(reason(&e)),
        Err(e) => Err(reason(&e)),
    }
}

fn main() {
    let file = std::env::args().nth(1).expect("usage: webpki FILE");
    let bytes = std::fs::read(file).expect("the file");
    let mut rest = &bytes[..];
    let now = u64::from_be_bytes(take(&mut rest, 8).try_into().expect("8 bytes"));
    let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
    while !rest.is_empty() {
        let n = take(&mut rest, 1)[0];
        let certs: Vec<_> = (0..n)
            .map(|_| {
                let len = take(&mut rest, 3);
                let len = usize::from(len[0]) << 16 | usize::from(len[1]) << 8 | usize::from(len[2]);
                CertificateDer::from(take(&mut rest, len))
            })
            .collect();
        match judge(&certs, now) {
            Ok(()) => println!("ok"),
            Err(e) => println!("{e}"),
        }
    }
}
