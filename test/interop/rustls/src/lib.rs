//! What the test client and the test server share: options, algorithms by name, reports.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::crypto::{aws_lc_rs, ActiveKeyExchange, CryptoProvider, SharedSecret, SupportedKxGroup};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{
    ConnectionCommon, Error, HandshakeKind, NamedGroup, RootCertStore, SideData, SignatureAlgorithm,
    SignatureScheme, StreamOwned, SupportedProtocolVersion,
};

/// `--name value` pairs.
pub struct Options(HashMap<String, String>);

impl Options {
    pub fn parse() -> Self {
        let mut pairs = HashMap::new();
        let mut args = std::env::args().skip(1);
        while let Some(name) = args.next() {
            let name = name
                .strip_prefix("--")
                .expect("an option begins with --")
                .to_string();
            let value = args.next().expect("an option has a value");
            pairs.insert(name, value);
        }
        Self(pairs)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub fn number(&self, name: &str, default: usize) -> usize {
        self.get(name).map_or(default, |v| v.parse().expect("a number"))
    }

    fn list(&self, name: &str) -> Option<Vec<&str>> {
        self.get(name).map(|v| v.split(',').collect())
    }

    pub fn alpn(&self) -> Vec<Vec<u8>> {
        let list = self.list("alpn").unwrap_or_default();
        list.iter().map(|p| p.as_bytes().to_vec()).collect()
    }

    pub fn roots(&self, option: &str) -> Option<Arc<RootCertStore>> {
        let mut roots = RootCertStore::empty();
        for cert in CertificateDer::pem_file_iter(self.get(option)?).expect("roots") {
            roots.add(cert.expect("a root")).expect("a root");
        }
        Some(Arc::new(roots))
    }

    pub fn own(&self, provider: &CryptoProvider) -> Option<Arc<CertifiedKey>> {
        let chain = CertificateDer::pem_file_iter(self.get("cert")?).expect("a chain");
        let chain = chain.map(|c| c.expect("a certificate")).collect();
        let key = PrivateKeyDer::from_pem_file(self.get("key").expect("--key")).expect("a key");
        let key = provider.key_provider.load_private_key(key).expect("a key");
        let only = self.get("schemes").map(|_| self.schemes());
        Some(Arc::new(CertifiedKey::new(
            chain,
            Arc::new(Narrowed { key, only }),
        )))
    }

    fn schemes(&self) -> Vec<SignatureScheme> {
        let names = self.list("schemes").unwrap_or_default();
        names
            .iter()
            .map(|name| SCHEMES.iter().find(|s| s.0 == *name).expect("a scheme").1)
            .collect()
    }

    /// --version: 1.2 or 1.3.
    pub fn versions(&self) -> [&'static SupportedProtocolVersion; 1] {
        match self.get("version") {
            Some("1.2") => [&rustls::version::TLS12],
            _ => [&rustls::version::TLS13],
        }
    }

    /// What aws-lc-rs offers, narrowed to --suites, --groups and --verify-schemes.
    pub fn provider(&self) -> CryptoProvider {
        let mut provider = aws_lc_rs::default_provider();
        if let Some(names) = self.list("suites") {
            provider
                .cipher_suites
                .retain(|s| names.contains(&suite_name(s.suite()).as_str()));
        }
        if let Some(names) = self.list("groups") {
            provider.kx_groups = names.iter().map(|name| group(name)).collect();
        }
        if let Some(names) = self.list("verify-schemes") {
            let all = provider.signature_verification_algorithms;
            let mapping: Vec<_> = names
                .iter()
                .map(|name| SCHEMES.iter().find(|s| s.0 == *name).expect("a scheme").1)
                .flat_map(|id| all.mapping.iter().copied().filter(move |m| m.0 == id))
                .collect();
            provider.signature_verification_algorithms = WebPkiSupportedAlgorithms {
                all: all.all,
                mapping: mapping.leak(),
            };
        }
        provider
    }
}

const SCHEMES: [(&str, SignatureScheme); 9] = [
    ("ecdsa_secp256r1_sha256", SignatureScheme::ECDSA_NISTP256_SHA256),
    ("ecdsa_secp384r1_sha384", SignatureScheme::ECDSA_NISTP384_SHA384),
    ("ed25519", SignatureScheme::ED25519),
    ("rsa_pss_rsae_sha256", SignatureScheme::RSA_PSS_SHA256),
    ("rsa_pss_rsae_sha384", SignatureScheme::RSA_PSS_SHA384),
    ("rsa_pss_rsae_sha512", SignatureScheme::RSA_PSS_SHA512),
    ("rsa_pkcs1_sha256", SignatureScheme::RSA_PKCS1_SHA256),
    ("rsa_pkcs1_sha384", SignatureScheme::RSA_PKCS1_SHA384),
    ("rsa_pkcs1_sha512", SignatureScheme::RSA_PKCS1_SHA512),
];

fn suite_name(suite: rustls::CipherSuite) -> String {
    format!("{:04x}", u16::from(suite))
}

fn group(name: &str) -> &'static dyn SupportedKxGroup {
    match name {
        "x25519" => aws_lc_rs::kx_group::X25519,
        "secp256r1" => aws_lc_rs::kx_group::SECP256R1,
        "secp384r1" => aws_lc_rs::kx_group::SECP384R1,
        "x25519mlkem768" => aws_lc_rs::kx_group::X25519MLKEM768,
        "secp256r1mlkem768" => aws_lc_rs::kx_group::SECP256R1MLKEM768,
        "x448" => &OnlyOffered,
        _ => panic!("no such group: {name}"),
    }
}

fn group_name(group: NamedGroup) -> String {
    format!("{group:?}").to_lowercase()
}

/// A group that is offered first, with a share, and can never be used: it makes the server ask again.
#[derive(Debug)]
struct OnlyOffered;

impl SupportedKxGroup for OnlyOffered {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        Ok(Box::new(OnlyOffered))
    }
    fn name(&self) -> NamedGroup {
        NamedGroup::X448
    }
}

impl ActiveKeyExchange for OnlyOffered {
    fn complete(self: Box<Self>, _: &[u8]) -> Result<SharedSecret, Error> {
        Err(Error::General(
            "the peer took a group that is only offered".into(),
        ))
    }
    fn pub_key(&self) -> &[u8] {
        &[9; 56]
    }
    fn group(&self) -> NamedGroup {
        NamedGroup::X448
    }
}

/// A key that signs by some of its schemes only.
#[derive(Debug)]
struct Narrowed {
    key: Arc<dyn SigningKey>,
    only: Option<Vec<SignatureScheme>>,
}

impl SigningKey for Narrowed {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let Some(only) = &self.only else {
            return self.key.choose_scheme(offered);
        };
        let both: Vec<_> = offered.iter().copied().filter(|s| only.contains(s)).collect();
        self.key.choose_scheme(&both)
    }
    fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }
}

/// One line of output, one a connection.
#[derive(Default)]
pub struct Report {
    pub n: usize, // counts the connections
    pub handshake: String,
    pub bytes: usize,
    pub early: Option<&'static str>,
    pub closed: Option<&'static str>,
    pub error: Option<String>,
}

impl Report {
    /// Copies from a connection whose handshake is done.
    pub fn fill<D: SideData>(&mut self, c: &ConnectionCommon<D>) {
        let suite = c
            .negotiated_cipher_suite()
            .map_or(String::new(), |s| suite_name(s.suite()));
        let group = c
            .negotiated_key_exchange_group()
            .map_or(String::new(), |g| group_name(g.name()));
        let alpn = String::from_utf8_lossy(c.alpn_protocol().unwrap_or_default()).to_string();
        let kind = c.handshake_kind();
        self.handshake = format!(
            r#""suite":{suite:?},"group":{group:?},"alpn":{alpn:?},"resumed":{},"hrr":{},"peer":{},"#,
            kind == Some(HandshakeKind::Resumed),
            kind == Some(HandshakeKind::FullWithHelloRetryRequest),
            c.peer_certificates().map_or(0, <[_]>::len),
        );
    }

    pub fn print(&self) {
        let mut line = format!("{{\"n\":{},{}\"bytes\":{}", self.n, self.handshake, self.bytes);
        if let Some(early) = self.early {
            write!(line, ",\"early\":{early:?}").unwrap();
        }
        if let Some(closed) = self.closed {
            write!(line, ",\"closed\":{closed:?}").unwrap();
        }
        if let Some(error) = &self.error {
            write!(line, ",\"error\":{error:?}").unwrap();
        }
        println!("{line}}}");
    }

    /// Reads what the peer still sends, and notes how it ends.
    pub fn drain(&mut self, from: &mut impl Read) {
        let mut buffer = [0; 4096];
        loop {
            match from.read(&mut buffer) {
                Ok(0) => return self.closed = Some("notify"),
                Ok(n) => self.bytes += n,
                Err(e) if e.kind() == ErrorKind::UnexpectedEof => return self.closed = Some("truncated"),
                Err(e) => return self.error = Some(e.to_string()),
            }
        }
    }
}

/// Finishes the handshake; on failure the alert has been sent.
pub fn handshake<C, D>(connection: C, socket: TcpStream) -> std::io::Result<StreamOwned<C, TcpStream>>
where
    C: DerefMut + Deref<Target = ConnectionCommon<D>>,
    D: SideData,
{
    socket.set_nodelay(true)?;
    let mut stream = StreamOwned::new(connection, socket);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

/// Sends close_notify.
pub fn close<C, D>(stream: &mut StreamOwned<C, TcpStream>) -> std::io::Result<()>
where
    C: DerefMut + Deref<Target = ConnectionCommon<D>>,
    D: SideData,
{
    stream.conn.send_close_notify();
    stream.flush()
}
