//! `webpki_bench CHAIN ROOTS`: how long webpki takes to validate a chain; see test/x509/bench/rate.h.

use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::RootCertStore;

/// Seconds that this thread was on a processor.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("schedstat");
    let first = text.split(' ').next().expect("a number");
    first.parse::<f64>().expect("a number") / 1e9
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let read = |path: &str| -> Vec<CertificateDer<'static>> {
        let all = CertificateDer::pem_file_iter(path).expect("a file");
        all.map(|c| c.expect("a certificate")).collect()
    };
    let chain = read(&args[1]);
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(read(&args[2]));
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .expect("a verifier");
    let name = ServerName::try_from("server.example").expect("a name");
    let mut best = f64::MAX;
    for _ in 0..7 {
        let (begin, mut n) = (cpu(), 0u32);
        while cpu() - begin < 0.05 {
            for _ in 0..20 {
                verifier
                    .verify_server_cert(&chain[0], &chain[1..], &name, &[], UnixTime::now())
                    .expect("the chain is good");
                n += 1;
            }
        }
        best = best.min((cpu() - begin) / f64::from(n));
    }
    println!("webpki {:.1}", best * 1e6);
}
